"""Many rows at once through COPY: for services that load thousands. One statement, one round trip a block."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model
from psycopg import sql
from psycopg.types.json import Jsonb

from lianfang.base.walls import WALLS


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
    if not _is_walled(model):
        return _copied(table, names, lines)
    # Behind a wall of rows PostgreSQL takes no COPY: the rows go through a table of this transaction's own.
    own = sql.Identifier(f"{model._meta.db_table}_in")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE TEMP TABLE {} (LIKE {} INCLUDING DEFAULTS) ON COMMIT DROP").format(own, table))
        count = _copied(own, names, lines)
        cursor.execute(sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM {2}").format(table, names, own))
        cursor.execute(sql.SQL("DROP TABLE {}").format(own))
    return count


def _is_walled(model: type[Model]) -> bool:
    """Whether row-level security bounds what this role sees of a table."""
    if model._meta.db_table not in WALLS:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_security_active(%s)", [model._meta.db_table])
        return bool(cursor.fetchone()[0])


def _copied(table: sql.Identifier, names: sql.Composed, lines: Iterable[str]) -> int:
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


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def update_rows(model: type[Model], rows: Sequence[Model], fields: Sequence[str]) -> int:
    """Write some fields of many rows of one table in one statement; gives how many were there.

    The rows travel as one JSON value, and PostgreSQL gives each value its column's type: the statement does not grow
    with its rows, where Django's bulk_update writes a CASE for every row and field (two thirds of an upload's time).
    """
    if not rows:
        return 0
    columns = {f.attname: str(f.column) for f in model._meta.concrete_fields if f.name in fields}
    assert len(columns) == len(fields), "a field that is none would be left unwritten without a word"
    data = [{"id": str(r.pk), **{c: _as_json(getattr(r, a)) for a, c in columns.items()}} for r in rows]
    table = sql.Identifier(model._meta.db_table)
    sets = sql.SQL(", ").join(sql.SQL("{0} = v.{0}").format(sql.Identifier(c)) for c in columns.values())
    statement = sql.SQL("UPDATE {0} t SET {1} FROM jsonb_populate_recordset(NULL::{0}, %s::jsonb) v WHERE t.id = v.id")
    with connection.cursor() as cursor:
        cursor.execute(statement.format(table, sets), [json.dumps(data)])
        return int(cursor.rowcount)


def insert_rows(model: type[Model], rows: Sequence[Model]) -> set[Any]:
    """Insert many rows in one statement, leaving those whose key or other unique value is known; gives the new keys.

    As `update_rows` the rows travel as one JSON value. The database says which were new, so nothing is asked twice;
    Django's bulk_create writes every value into the statement, and the driver reads each out of it again.
    """
    if not rows:
        return set()
    fields = model._meta.concrete_fields
    data = [{str(f.column): _as_json(getattr(r, f.attname)) for f in fields} for r in rows]
    names = sql.SQL(", ").join(sql.Identifier(str(f.column)) for f in fields)
    statement = sql.SQL(
        "INSERT INTO {0} ({1}) SELECT {1} FROM jsonb_populate_recordset(NULL::{0}, %s::jsonb) ON CONFLICT DO NOTHING"
        " RETURNING id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.format(sql.Identifier(model._meta.db_table), names), [json.dumps(data)])
        return {key for (key,) in cursor.fetchall()}
