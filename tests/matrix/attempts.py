"""Attempts: a post opens an address or sends a form; what it was told, and what changed, undone afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.test import Client

from lianfang.base.actor import Actor
from tests.matrix.marks import Mark, leaked, said_by
from tests.matrix.people import Post
from tests.matrix.town import Marked
from tests.web.pages import BACKEND

# What every request may write: the session, the logs, and what a phone sent, kept whatever becomes of it.
OWED = frozenset(
    {"base_logentry", "django_session", "audit_personread", "audit_export", "base_envelope", "django_migrations"}
)


def _counts() -> dict[str, int]:
    """How many rows each table had written in this transaction: cheap, and never less after a rollback."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return {name: n for name, n in cursor.fetchall() if n and name not in OWED}


def _written() -> str:
    """How far the server has written its log: the same after an attempt, nothing at all was written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
        return str(cursor.fetchone()[0])


def _rows(table: str) -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT t::text FROM "{table}" t')
        return frozenset(r[0] for r in cursor.fetchall())


@dataclass(frozen=True)
class Told:
    """What came of an attempt: status, leaked marks, and rows that changed, by table."""

    status: int
    said: str
    leaks: list[Mark]
    changed: dict[str, frozenset[str]]


@dataclass
class Attacker:
    """The town with a browser for each post; counts the attempts made."""

    town: Marked
    browsers: dict[str, Client] = field(default_factory=dict)
    base: dict[str, frozenset[str]] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)
    searches: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """The actor a post is; asked once, for whatever is attempted is undone."""
        if name not in self.actors:
            self.actors[name] = self.town.actor(name)
        return self.actors[name]

    def browser(self, post: Post | None) -> Client:
        """A browser signed in as a post; or one in which nobody is."""
        name = post.name if post else ""
        if name not in self.browsers:
            client = Client(raise_request_exception=False, headers={"accept-language": "en"})
            if post:
                client.force_login(post.account, BACKEND)
            self.browsers[name] = client
        return self.browsers[name]

    def count(self, what: str) -> None:
        """One more attempt."""
        self.made[what] = self.made.get(what, 0) + 1

    @contextmanager
    def undone(self) -> Iterator[dict[str, frozenset[str]]]:
        """Whatever is done inside is undone; what changed, row by row, is known at the end."""
        before, changed = _written(), {}
        with transaction.atomic():
            yield changed
            if not connection.needs_rollback and _written() != before:
                counts, self.counts = self.counts, _counts()
                for table, n in self.counts.items():
                    if n != counts.get(table, 0) and (now := self._changed(table)):
                        changed[table] = now
            transaction.set_rollback(True)

    def _changed(self, table: str) -> frozenset[str]:
        """Rows that are there now and were not, and those that were there and are not."""
        return self.base[table] ^ _rows(table)

    def keep_base(self) -> None:
        """Remember all rows as they stand."""
        for table in connection.introspection.table_names():
            if table not in OWED:
                self.base[table] = _rows(table)

    def opens(self, post: Post | None, address: str, asked: Mapping[str, Any] | None = None) -> Told:
        """Open an address."""
        browser = self.browser(post)
        cookies = browser.cookies.copy()
        answer = browser.get(address, dict(asked or {}))
        said = said_by(answer)
        browser.cookies = cookies
        return Told(answer.status_code, said, leaked(said, self.town.marks, post, str(asked)), {})

    def sends(self, post: Post | None, address: str, form: Any, **more: Any) -> Told:
        """Send a form."""
        browser = self.browser(post)
        cookies = browser.cookies.copy()
        with self.undone() as changed:
            answer = browser.post(address, form, **more)
            said, status = said_by(answer), answer.status_code
        browser.cookies = cookies
        return Told(status, said, leaked(said, self.town.marks, post, str(form)), changed)


def protected(town: Marked, post: Post | None) -> set[str]:
    """Ids of the attacked committee that somebody outside has no part in; an incident may be shared by a district."""
    s = town.sides["A1"]
    shared = {str(s.ids["incident"])} if post and post.sides & {"A2"} else set()
    if post and post.stands in ("beside", "below"):
        shared |= {str(s.ids["round"])}
    own: set[UUID] = {s.area_id, s.building, s.household, *s.people, *s.ids.values()}
    return {str(i) for i in own} - shared


# What is begun under an open incident belongs to it: who stands in its district may begin such things in his own area.
BEGUN = ("calls_call", "calls_callout")


def touched(town: Marked, post: Post | None, told: Told) -> list[str]:
    """Changed rows that hold an id of the attacked committee."""
    ids = protected(town, post)
    lies_over = {str(town.sides["A1"].ids["incident"])} if post and post.stands in ("beside", "below") else set()
    return [f"{t}: {r[:300]}" for t, rows in told.changed.items() for r in rows
            if any(i in r for i in (ids - lies_over if t in BEGUN else ids))]  # fmt: skip
