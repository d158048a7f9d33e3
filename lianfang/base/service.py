"""`@service`: the one way to write. It opens the transaction and pays the duty every write owes, its LogEntry."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.base.models import LogEntry
from lianfang.base.suites import suite_of

P = ParamSpec("P")
R = TypeVar("R")
# Text that names a thing of ours, never a person: it may stand in the log as it is.
CODE_NAMES = (
    "kind",
    "kind_name",
    "state",
    "move",
    "role",
    "code",
    "edition",
    "level",
    "phase",
    "hierarchy",
    "channel",
    "status",
)


class Repeated(Exception):
    """Raised inside a service when the same call came before: the first answer again, and no second LogEntry."""

    def __init__(self, value: Any) -> None:
        super().__init__("repeated")
        self.value = value


@dataclass(frozen=True)
class Outcome:
    """What became of one item of a list: code "" is done, "repeated" came before, else the code of its refusal."""

    id: UUID
    code: str = ""
    values: dict[str, Any] = field(default_factory=dict)


def canonical(value: Any) -> bytes:
    """Bytes that are the same for the same content: keys sorted, no white space."""
    return msgspec.json.encode(value, order="deterministic")


def _tellable(name: str, value: Any, told: tuple[str, ...]) -> Any:
    if value is None or isinstance(value, bool | int | float | UUID | date):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value if name in told or name.endswith(CODE_NAMES) else "…"
    if isinstance(value, Mapping):
        return {str(k): _tellable(str(k), v, told) for k, v in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        items = list(value)
        if items and all(isinstance(i, UUID) for i in items):
            return [str(i) for i in items[:200]] + ([f"and {len(items) - 200} more"] if len(items) > 200 else [])
        return len(items)
    return "…"


def _about(arguments: Mapping[str, Any]) -> list[UUID]:
    return [v for k, v in arguments.items() if isinstance(v, UUID) and (k == "id" or k.endswith("_id"))]


def record(name: str, *, by: Actor, at: datetime, told: Mapping[str, Any], about: list[UUID]) -> None:
    """Append one entry to the log (used by the decorator, and by doors that batch)."""
    body = {
        "service": name,
        "actor": by.id,
        "device": by.device,
        "purpose": by.purpose[:120],
        "at": at,
        "about": about,
        "told": told,
    }
    data = canonical(body)
    with one_log() as entries:
        entries.append(
            LogEntry(
                service=name,
                actor_id=by.id,
                device=by.device,
                purpose=by.purpose[:120],
                at=at,
                about=about,
                told=msgspec.json.decode(canonical(told)),
                canonical=data,
                digest=suite_of(settings.SUITE).hash(data),
            )
        )


_waiting: ContextVar[list[LogEntry] | None] = ContextVar("waiting", default=None)
_further: ContextVar[dict[str, Any] | None] = ContextVar("further", default=None)


def tell(**values: Any) -> None:
    """Add to what the entry of the running service says: what is known only once the rows are made."""
    further = _further.get()
    assert further is not None, "only a service has an entry"
    further |= values


@contextmanager
def one_log() -> Iterator[list[LogEntry]]:
    """What all services inside record goes to the log in one statement when the outermost ends, in their order.

    Called inside the transaction. What fails leaves no entry of its own, nor of the services it had called.
    """
    outer = _waiting.get()
    if outer is not None:
        before = len(outer)
        try:
            yield outer
        except BaseException:  # whatever ended it, also an interrupt: raised on below
            del outer[before:]
            raise
        return
    entries: list[LogEntry] = []
    mark = _waiting.set(entries)
    try:
        yield entries
    finally:
        _waiting.reset(mark)
    LogEntry.objects.bulk_create(entries)


def _run(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> tuple[R, dict[str, Any]]:
    further: dict[str, Any] = {}
    mark = _further.set(further)
    try:
        return function(*args, **kwargs), further
    finally:
        _further.reset(mark)


def service(
    name: str, *, door: bool = True, told: tuple[str, ...] = (), savepoint: bool = True, logged: bool = True
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function as a service: keyword-only, with `by` and `at`.

    door:      False for one that no door may call bare (a flow calls it in its stated order); a house test keeps doors
               off.
    told:      names of text arguments that may stand in the log; all other text is masked, lists are counted.
    savepoint: False for one that refuses by outcome and raises nothing: inside another's transaction what goes wrong
               in it ends the whole, so it costs no round trips to keep the half before it.
    logged:    False for one whose rows seal the log itself: an entry about them would wait to be sealed for ever.
    """

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            by, at = kwargs["by"], kwargs["at"]
            assert isinstance(by, Actor) and isinstance(at, datetime)
            try:
                with transaction.atomic(savepoint=savepoint), one_log():
                    result, further = _run(function, *args, **kwargs)
                    if not logged:
                        return result
                    arguments = {k: v for k, v in kwargs.items() if k not in ("by", "at")}
                    said = {k: _tellable(k, v, told) for k, v in arguments.items()}
                    if isinstance(result, list) and result and isinstance(result[0], Outcome):
                        if all(o.code == "repeated" for o in result):
                            return result  # a whole list sent again changes nothing, and leaves no second entry
                        said["outcomes"] = [[str(o.id), o.code] for o in result]
                    record(name, by=by, at=at, told=said | further, about=_about(arguments))
                    return result
            except Repeated as again:
                return again.value  # type: ignore[no-any-return]

        run.service_name, run.is_door = name, door  # type: ignore[attr-defined]  # marks for house tests
        return run

    return mark
