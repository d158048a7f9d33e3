"""Many rows at once through COPY: for services that load thousands. One statement, one round trip a block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model
from psycopg import sql
from psycopg.types.json import Jsonb


def copy_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """COPY rows into a model's table; returns how many. Values in the order of `columns` (database column names).

    Raises: the database's own errors; nothing of the block is kept then (the caller's transaction).
    """
    table = sql.Identifier(model._meta.db_table)
    names = sql.SQL(", ").join(sql.Identifier(c) for c in columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(table, names)
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([Jsonb(v) if isinstance(v, dict) else v for v in row])
            count += 1
    return count


def copy_lines(model: type[Model], columns: Sequence[str], lines: Iterable[str]) -> int:
    """COPY rows already written as COPY text (values joined by a tab, a NULL as backslash N), for a million at a time.

    The caller answers for escaping: ids, numbers, dates and hex never need it; see `copy_text` for words.
    """
    table = sql.Identifier(model._meta.db_table)
    names = sql.SQL(", ").join(sql.Identifier(c) for c in columns)
    count = 0
    with connection.cursor() as cursor, cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(table, names)) as copy:
        block: list[str] = []
        for line in lines:
            block.append(line)
            if len(block) == 4096:
                copy.write("\n".join(block) + "\n")
                count += len(block)
                block.clear()
        if block:
            copy.write("\n".join(block) + "\n")
            count += len(block)
    return count


def copy_text(text: str) -> str:
    """A word as COPY text: backslash, tab and line ends escaped."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
