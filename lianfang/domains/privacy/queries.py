"""Sealing and opening personal values in sets, finding persons by keyed tokens, and purposes."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import JSONObject

from lianfang.base.actor import Actor
from lianfang.base.fields import SealedField
from lianfang.base.keystore import key_store
from lianfang.base.suites import Forged, Suite, suite_of
from lianfang.domains.accounts.queries import post_of, visible_areas
from lianfang.domains.areas.models import Area
from lianfang.domains.privacy.errors import KeyGone, SearchTooShort
from lianfang.domains.privacy.models import BrokenGlass, DataKey, Destruction, LegalHold, PersonIndex, Purpose
from lianfang.domains.privacy.rules import (
    asked_words,
    exact_word,
    index_words,
    masked,
    same_caller_word,
    same_person_word,
)

NONCE = 12
HEAD = 4 + NONCE + 4  # key number, nonce, length of the ciphertext


@dataclass
class ReadList:
    """What one request opened: the door hands it to audit.record_reads once. Keys met are kept for the request."""

    fields: set[str] = field(default_factory=set)
    subjects: set[UUID] = field(default_factory=set)
    keys: dict[int, DataCipher | None] = field(default_factory=dict)
    live: dict[int, tuple[UUID, str]] = field(default_factory=dict)  # as the request's first statement told


reads: ContextVar[ReadList | None] = ContextVar("reads", default=None)


@lru_cache(maxsize=1)
def site_key() -> bytes:
    """The key that wraps data keys and keys the index: from the site's settings, never in the database."""
    return hashlib.scrypt(settings.SEALING_KEY.encode(), salt=b"lianfang site key", n=2**14, r=8, p=1, dklen=32)


@dataclass(frozen=True)
class DataCipher:
    """A data key with the suite it seals by."""

    suite: Suite
    key: bytes = field(repr=False)

    def seal(self, plain: bytes, associated: bytes) -> bytes:
        """A fresh nonce, and what it sealed."""
        nonce = os.urandom(NONCE)
        return nonce + self.suite.seal(self.key, nonce, plain, associated)

    def open(self, nonce: bytes, body: bytes, associated: bytes) -> bytes:
        """What was sealed. Raises Forged."""
        return self.suite.open(self.key, nonce, body, associated)


@lru_cache(maxsize=4096)
def _unwrapped(key_id: UUID, suite: str) -> DataCipher | None:
    wrapped = key_store().get(key_id)
    if not wrapped:
        return None
    found = suite_of(suite)
    key = found.open(_wrapping(found), wrapped[:NONCE], wrapped[NONCE:], key_id.bytes)
    return DataCipher(found, key)


def _wrapping(suite: Suite) -> bytes:
    """The site's key, as long as the suite takes it."""
    return site_key()[: suite.key_bytes]


def _cipher(key_id: UUID, suite: str) -> DataCipher | None:
    """A key as the store has it now: one destroyed meanwhile opens nothing, whatever a restored database says."""
    if not key_store().has(key_id):
        _unwrapped.cache_clear()  # neither does a copy in memory outlive its file
        return None
    return _unwrapped(key_id, suite)


def new_key(key_id: UUID, suite: str) -> bytes:
    """A fresh data key as the store keeps it: wrapped by the site's key, bound to its id."""
    found = suite_of(suite)
    return DataCipher(found, _wrapping(found)).seal(found.new_key(), key_id.bytes)


def _live_key(scope: str, scope_id: UUID | None, retention: str) -> tuple[int, DataCipher]:
    rows = DataKey.objects.filter(scope=scope, scope_id=scope_id, retention=retention, destroyed_at=None)
    row = rows.first()
    cipher = _cipher(row.id, row.suite) if row else None
    if row is None or cipher is None:
        raise KeyGone(scope=scope, retention=retention)
    return row.number, cipher


def sealed(
    rows: Iterable[tuple[UUID, Mapping[str, Any]]],
    *,
    scope: str = "register",
    scope_id: UUID | None = None,
    retention: str = "standing",
) -> list[bytes]:
    """Seal one record a row, bound to the row's id; an empty record stays empty.

    Raises: KeyGone when there is something to seal and the scope and class have no live key.
    """
    records = list(rows)
    if not any(values for _, values in records):
        return [b""] * len(records)  # most uploads: nothing to seal, so no key is asked for
    number, cipher = _live_key(scope, scope_id, retention)
    head = number.to_bytes(4, "big")
    out = []
    for row_id, values in records:
        if not values:
            out.append(b"")
            continue
        blob = cipher.seal(msgspec.json.encode(values), row_id.bytes)
        nonce, body = blob[:NONCE], blob[NONCE:]
        out.append(head + nonce + len(body).to_bytes(4, "big") + body)
    return out


def _segments(blob: bytes) -> Iterable[tuple[int, bytes, bytes]]:
    while len(blob) >= HEAD:
        size = int.from_bytes(blob[4 + NONCE : HEAD], "big")
        yield int.from_bytes(blob[:4], "big"), blob[4 : 4 + NONCE], blob[HEAD : HEAD + size]
        blob = blob[HEAD + size :]


def register_keys() -> ArraySubquery:
    """The register's live keys by number, for another statement to carry: `note_keys` takes them."""
    live = DataKey.objects.filter(scope="register", destroyed_at=None)
    return ArraySubquery(live.values(row=JSONObject(number="number", id="id", suite="suite")))


def note_keys(rows: Iterable[Mapping[str, Any]]) -> None:
    """Keep for this request which of the register's keys live, so that no page of names asks for them again."""
    noted = reads.get()
    if noted is not None:
        noted.live |= {int(r["number"]): (UUID(r["id"]), str(r["suite"])) for r in rows}


def _live_keys(numbers: set[int]) -> dict[int, DataCipher]:
    noted = reads.get()
    met: dict[int, DataCipher | None] = noted.keys if noted is not None else {}
    told = noted.live if noted is not None else {}
    met |= {n: _cipher(*told[n]) for n in numbers & told.keys() - met.keys()}
    unmet = numbers - met.keys()
    if unmet:
        met |= dict.fromkeys(unmet)
        rows = DataKey.objects.filter(number__in=unmet, destroyed_at=None).values_list("number", "id", "suite")
        met |= {number: _cipher(key_id, suite) for number, key_id, suite in rows}
    return {n: c for n, c in met.items() if c is not None}


def _opened(pairs: Sequence[tuple[UUID, bytes]]) -> list[dict[str, Any]]:
    keys = _live_keys({n for _, blob in pairs for n, _, _ in _segments(blob)})
    out = []
    for row_id, blob in pairs:
        values: dict[str, Any] = {}
        for number, nonce, body in _segments(blob):
            if number in keys:
                try:
                    values |= msgspec.json.decode(keys[number].open(nonce, body, row_id.bytes))
                except Forged as e:
                    raise RuntimeError(f"sealed record {row_id} was changed or moved") from e
        out.append(values)
    return out


def opened(
    rows: Sequence[Any], *, by: Actor, fields: Sequence[str] = ("name",), whole: bool = False, subject: str = "id"
) -> dict[UUID, dict[str, Any]]:
    """The asked personal fields of rows that a query with `by` gave, by row id; masked unless `whole`.

    Notes subjects and fields in the request's read list. `subject` names the attribute that holds the person's id.
    A record whose key was destroyed opens as nothing.
    """
    if not rows:
        return {}
    name = next(f.name for f in rows[0]._meta.fields if isinstance(f, SealedField))
    values = _opened([(r.id, bytes(getattr(r, name))) for r in rows])
    noted = reads.get()
    if noted is not None and whole:
        noted.fields |= set(fields)
        noted.subjects |= {getattr(r, subject) for r in rows if getattr(r, subject)} - {by.id, by.person_id}
    show = (lambda f, v: v) if whole else masked
    return {r.id: {f: show(f, v.get(f, "") or "") for f in fields} for r, v in zip(rows, values, strict=True)}


@lru_cache(maxsize=400_000)
def token(word: str) -> int:
    """The keyed 64-bit token of an index word; a token tells nothing without the site's key."""
    digest = hmac.digest(site_key(), word.encode(), "sha256")
    return int.from_bytes(digest[:8], "big", signed=True)


def person_tokens(name: str, id_number: str, phone: str) -> list[int]:
    """All tokens of one person."""
    return [token(w) for w in index_words(name, id_number, phone)]


def same_person_token(name: str, id_number: str) -> int:
    """The token of name and last four digits together: the same person, or a namesake in ten thousand."""
    return token(same_person_word(name, id_number))


def same_caller_token(name: str, phone: str) -> int | None:
    """The token of name and phone together; none where one of them is not known."""
    return token(same_caller_word(name, phone)) if name.strip() and phone.strip() else None


def same_people(pairs: Sequence[tuple[str, str]]) -> list[UUID]:
    """Persons who bear one of the (name, id number) pairs, found token by token through the index.

    An overlap with thousands of tokens at once would be a scan of the city: 75 s instead of half a second.
    """
    tokens = [same_person_token(name, number) for name, number in pairs if number]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT p.person_id FROM unnest(%s::bigint[]) AS asked(token) "
            "CROSS JOIN LATERAL (SELECT person_id FROM privacy_personindex WHERE tokens @> ARRAY[asked.token]) AS p",
            [tokens],
        )
        return [row[0] for row in cursor.fetchall()]


def people_matching(text: str, *, areas: QuerySet[Any, UUID]) -> QuerySet[PersonIndex]:
    """Index rows of persons in the areas whose tokens hold all that the text asks. Raises SearchTooShort."""
    words = asked_words(text)
    if not words:
        raise SearchTooShort(text_length=len(text))
    return PersonIndex.objects.filter(tokens__contains=[token(w) for w in words], area_id__in=areas)


def people_named(name: str, tail: str = "") -> QuerySet[PersonIndex]:
    """Index rows of persons of exactly this name, and of these last four characters of the identity number if told."""
    return PersonIndex.objects.filter(tokens__contains=[token(exact_word(name, tail))])


def subjects_assigned(by: Actor, *, at: datetime) -> QuerySet[Purpose, UUID]:
    """Ids that the actor has a dated purpose for, now; none for an account that holds no post any more."""
    if not by.grants:
        return Purpose.objects.none().values_list("subject_id", flat=True)
    rows = Purpose.objects.filter(Q(to_at=None) | Q(to_at__gt=at), actor_id=by.id, from_at__lte=at)
    return rows.values_list("subject_id", flat=True)


def classes_held(scope: str, scope_id: UUID | None, *, at: datetime) -> set[str]:
    """Retention classes of a scope that a legal hold keeps now."""
    rows = LegalHold.objects.filter(scope=scope, scope_id=scope_id, lifted_at=None, until_at__gt=at)
    return {c for classes in rows.values_list("classes", flat=True) for c in classes}


def live_classes(scope: str, scopes: Iterable[UUID]) -> dict[UUID, set[str]]:
    """Retention classes with a live key, by scope."""
    out: dict[UUID, set[str]] = {}
    rows = DataKey.objects.filter(scope=scope, scope_id__in=list(scopes), destroyed_at=None)
    for key in rows:
        if key.scope_id:
            out.setdefault(key.scope_id, set()).add(key.retention)
    return out


def legal_holds(scope: str, scopes: Iterable[UUID]) -> list[LegalHold]:
    """Legal holds of scopes, the newest first, lifted and ended ones too."""
    return list(LegalHold.objects.filter(scope=scope, scope_id__in=list(scopes)).order_by("-placed_at"))


def destructions_seen(by: Actor) -> QuerySet[Destruction]:
    """Destructions in the areas where the actor grants rights or reads the log, newest first."""
    fit = Q(area_id__in=visible_areas(by, "accounts.grant")) | Q(area_id__in=visible_areas(by, "audit.read"))
    return Destruction.objects.filter(fit).order_by("-ordered_at")


PEOPLE = ("person", "household")  # what a task about somebody is about
NEAR = ("street", "committee", "grid", "group")  # levels at which a post is itself the reason to meet people by name


def reads_wide(by: Actor) -> bool:
    """Whether the actor reads the register beyond a street. The house itself (jobs) has no such post."""
    areas = {g.area_id for g in by.areas_with("grid.read")}
    return None not in areas and Area.objects.filter(id__in=areas).exclude(level__in=NEAR).exists()


def need_reason(by: Actor, *, at: datetime) -> bool:
    """Whether who reads wide may search by name only with the glass broken: none is open, and nobody is assigned."""
    broken = BrokenGlass.objects.filter(actor_id=by.id, from_at__lte=at, until_at__gt=at)
    return not broken.exists() and not subjects_assigned(by, at=at).filter(subject_kind__in=PEOPLE).exists()


def glasses_to_review(by: Actor) -> QuerySet[BrokenGlass]:
    """Searches with the glass broken in the auditor's areas that nobody looked at, oldest first, with the post."""
    rows = BrokenGlass.objects.filter(area_id__in=visible_areas(by, "audit.read"), reviewed_at=None)
    return rows.exclude(actor_id=by.id).annotate(post=post_of("actor_id")).order_by("from_at")


def note_read(subjects: Iterable[UUID], fields: Iterable[str]) -> None:
    """Put into the request's read list what a page shows though masked: whom a search without a task found."""
    noted = reads.get()
    if noted is not None:
        noted.subjects |= set(subjects)
        noted.fields |= set(fields)
