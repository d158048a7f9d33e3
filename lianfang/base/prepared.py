"""A question that every request asks: its SQL is composed once, and only its values change.

Composing what each page begins with took four times as long as answering it (benchmarks/frame). What is composed is
still the queries' own code, so that nothing is said twice; but it may not look different for other values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import connections
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)
Hole = UUID | datetime


class Prepared(Generic[M]):
    """`Prepared(compose, account_id=UUID, at=datetime)(account_id=..., at=...)` is `list(compose(...))`.

    Args: compose: from the named values to the rows asked for; holes: the type of each value.
    Raises: TypeError where a value does not reach the statement as it was given: such a question cannot be prepared.
    """

    def __init__(self, compose: Callable[..., QuerySet[M]], **holes: type[Hole]) -> None:
        self.compose = compose
        # Values that nobody else uses: where they come up in the statement, the real ones belong.
        self.marks: dict[str, Hole] = {
            k: uuid4() if t is UUID else datetime(2, 1, 1, tzinfo=UTC) + timedelta(microseconds=n)
            for n, (k, t) in enumerate(holes.items())
        }
        self.made: tuple[QuerySet[M], SQLCompiler, str, list[str | None], tuple[Any, ...]] | None = None

    def __call__(self, **values: Hole) -> list[M]:
        """The rows, as the question itself gives them."""
        rows, compiler, sql, names, params = self.made = self.made or self._composed()
        filled = tuple(values[n] if n else p for n, p in zip(names, params, strict=True))
        query = copy(compiler.query)
        query.get_compiler = partial(_told, compiler, sql, filled)  # type: ignore[method-assign]  # composed already
        return [*QuerySet(rows.model, query, rows.db)]

    def _composed(self) -> tuple[QuerySet[M], SQLCompiler, str, list[str | None], tuple[Any, ...]]:
        rows = self.compose(**self.marks)
        compiler = rows.query.get_compiler(using=rows.db)
        sql, params = compiler.as_sql()
        names = [_name_of(p, self.marks) for p in params]
        if lost := set(self.marks) - set(names):
            raise TypeError(f"not in the statement: {', '.join(sorted(lost))}")
        return rows, compiler, sql, names, tuple(params)


def _name_of(param: object, marks: Mapping[str, Hole]) -> str | None:
    return next((n for n, m in marks.items() if type(param) is type(m) and param == m), None)


def _told(known: SQLCompiler, sql: str, params: tuple[Any, ...], using: str, **_: object) -> SQLCompiler:
    """The compiler as it stood when it had composed, on the connection of this thread."""
    compiler = copy(known)
    compiler.connection = connections[using]
    compiler.as_sql = lambda *_, **__: (sql, params)  # type: ignore[method-assign]  # known already
    return compiler
