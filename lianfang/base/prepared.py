"""A question that every request asks: its SQL is composed once, and only its values change.

Composing what each page begins with took four times as long as answering it. What is composed is still the
queries' own code, so that nothing is said twice; but it may not look different for other values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import connections
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

from lianfang.base.fields import braced

Hole = UUID | datetime | date | str  # a text is what `braced` makes of ids


class Composed(NamedTuple):
    """A statement with the names of the values that belong where its marks stood."""

    rows: QuerySet[Any, Any]
    compiler: SQLCompiler
    sql: str
    names: list[str | None]
    params: tuple[Any, ...]


class Prepared:
    """`Prepared(compose, account_id=UUID, at=datetime)(account_id=..., at=...)` is `list(compose(...))`.

    Args: compose: from the named values to the rows asked for; holes: the type of each value.
    Raises: TypeError where a value does not reach the statement as it was given: such a question cannot be prepared.
    """

    def __init__(self, compose: Callable[..., QuerySet[Any, Any]], **holes: type[Hole]) -> None:
        self.compose, self.holes = compose, holes
        self.made: Composed | None = None

    def __call__(self, **values: Hole) -> list[Any]:
        """The rows, as the question itself gives them."""
        made = self.made = self.made or self._made()
        filled = tuple(values[n] if n else p for n, p in zip(made.names, made.params, strict=True))
        query = copy(made.compiler.query)
        query.get_compiler = partial(_told, made.compiler, made.sql, filled)  # type: ignore[method-assign]  # composed
        asked: Any = QuerySet(made.rows.model, query, made.rows.db)
        asked._iterable_class, asked._fields = made.rows._iterable_class, made.rows._fields  # type: ignore[attr-defined]  # Django's own
        return [*asked]

    def _made(self) -> Composed:
        """Composed for two sets of values: where it differs in anything else, a value was made something else of."""
        first, other = (self._composed(_marks(self.holes, n)) for n in (0, 1))
        lost = set(self.holes) - set(first.names)
        plain = [p for c in (first, other) for p in [[p for p, n in zip(c.params, c.names, strict=True) if not n]]]
        if lost or first.names != other.names or first.sql != other.sql or plain[0] != plain[1]:
            raise TypeError(f"a value does not reach the statement as it was given: {', '.join(sorted(lost)) or 'one'}")
        return first

    def _composed(self, marks: Mapping[str, Hole]) -> Composed:
        rows = self.compose(**marks)
        compiler = rows.query.get_compiler(using=rows.db)
        sql, params = compiler.as_sql()
        return Composed(rows, compiler, sql, [_name_of(p, marks) for p in params], tuple(params))


def _marks(holes: Mapping[str, type[Hole]], n: int) -> dict[str, Hole]:
    """Values that nobody else uses: where they come up in a statement, the real ones belong."""
    made: dict[str, Hole] = {}
    for k, (name, kind) in enumerate(holes.items()):
        if kind is datetime:
            made[name] = datetime(2 + n, 1, 1, tzinfo=UTC) + timedelta(microseconds=k)
        elif kind is date:
            made[name] = date(12 + n, 1, 1 + k)
        else:
            made[name] = uuid4() if kind is UUID else braced([uuid4()])
    return made


def _name_of(param: object, marks: Mapping[str, Hole]) -> str | None:
    return next((n for n, m in marks.items() if type(param) is type(m) and param == m), None)


def _told(known: SQLCompiler, sql: str, params: tuple[Any, ...], using: str, **_: object) -> SQLCompiler:
    """The compiler as it stood when it had composed, on the connection of this thread."""
    compiler = copy(known)
    compiler.connection = connections[using]
    compiler.as_sql = lambda *_, **__: (sql, params)  # type: ignore[method-assign]  # known already
    return compiler
