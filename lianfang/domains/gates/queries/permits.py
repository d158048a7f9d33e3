"""Permits as those see them who decide, who stand at a gate, and who carry them; the square a gate reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.base.numerals import whole_in
from lianfang.base.tokens import Untrusted, make_token, read_token, token_bytes, token_text
from lianfang.domains.accounts.queries import held, is_self, may, post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.devices.queries import token_key, token_keys
from lianfang.domains.editions.queries import entries_of
from lianfang.domains.gates.errors import PermitMissing
from lianfang.domains.gates.models import Passage, Permit
from lianfang.domains.gates.rules import CONVOY, DRIVEN, SPENT, WAYS, convoy_verdict, verdict
from lianfang.domains.privacy.queries import opened

READ, CHECK, DECIDE = "gates.read", "gates.check", "decisions.decide"
PASS = "lianfang pass"  # the audience of its token: it opens nothing else
ID, FROM, UNTIL, KIND, NUMBER, MODE, PLATE = 30, 31, 32, 33, 34, 35, 36  # claims of our own; permit.mjs reads them
LOOKED_AT = ("release", "slipped")  # passages that somebody looks at afterwards
EVER = datetime.min.replace(tzinfo=UTC)
LATE = timedelta(days=1)  # so long after its time a phone at a gate still knows a permit as used
MOST_SPENT = 3000
SHORT = 12  # letters of an id on a phone's list: among all permits of a site no two begin alike


def permit_kinds() -> dict[str, dict[str, Any]]:
    """What permits there are, by name: words, whose ladder decides, whether it lets out one way."""
    return {n: dict(e) for n, e in entries_of("permit_kinds").items()}


def permits_seen(by: Actor) -> QuerySet[Permit]:
    """Permits of the areas where the actor reads them or decides, and those he carries or asked for."""
    fit = held(by, READ) | held(by, DECIDE) | Q(asked_by=by.id) | Q(account_id=by.id)
    return Permit.objects.filter(fit | Q(person_id=by.person_id) if by.person_id else fit)


def permit_seen(permit_id: UUID, *, by: Actor) -> Permit:
    """One permit with the post that asked (`asker`). Raises PermitMissing."""
    rows = permits_seen(by).select_related("area").defer("area__outline").filter(id=permit_id)
    found = rows.annotate(asker=post_of("asked_by")).first()
    if found is None:
        raise PermitMissing()
    return found


def told_of(permit: Permit, *, by: Actor) -> Mapping[str, str]:
    """Purpose, where and plate: whole for its carrier, its asker and who decides; masked for the rest. Noted."""
    return opened([permit], by=by, fields=("purpose", "where", "plate"), whole=_is_whole(permit, by),
                  subject="subject_id")[permit.id]  # fmt: skip


def _is_whole(permit: Permit, by: Actor) -> bool:
    own = permit.asked_by == by.id or permit.account_id == by.id or (
        permit.person_id is not None and is_self(by, permit.person_id)
    )  # fmt: skip
    return own or may_decide(permit, by)


def plate_of(permit: Permit, *, by: Actor) -> str:
    """A permit's plate for the gate, which looks whether it is that car; the read is noted. Rights: gates.check.

    Edge: whoever walks has none, and a convoy's stand where it is expected.
    """
    if not may(by, CHECK):
        raise PermitMissing()
    if permit.kind == CONVOY or permit.mode not in DRIVEN:
        return ""
    return str(opened([permit], by=by, fields=("plate",), whole=True, subject="subject_id")[permit.id]["plate"])


def may_decide(permit: Permit, by: Actor) -> bool:
    """Whether the actor decides there."""
    return may(by, DECIDE, area_id=permit.area_id, incident_id=permit.incident_id)


def permits_listed(area_id: UUID, *, by: Actor, state: str = "", limit: int = 60) -> list[Permit]:
    """Permits of an area and below, the newest asked first; those granted or out by when they must be back."""
    rows = permits_seen(by).filter(area_id__in=ids_below(area_id)).defer("sealed", "area__outline")
    if state == "review":
        rows = rows.filter(is_fast=True, reviewed_at=None, issued_at__isnull=False)
    elif state:
        rows = rows.filter(state=state)
    rows = rows.select_related("area").annotate(asker=post_of("asked_by"))
    return list(rows.order_by("until_at" if state in ("out", "issued") else "-asked_at", "id")[:limit])


@dataclass(frozen=True)
class Counts:
    """Of an area: permits by state, those out too long, fast ones and the share of them, those to review."""

    by_state: Mapping[str, int]
    late: int
    fast: int
    issued: int
    to_review: int

    @property
    def fast_percent(self) -> int:
        """How many of a hundred permits issued took the fast lane."""
        return round(100 * self.fast / self.issued) if self.issued else 0


def counts_of(area_id: UUID, *, by: Actor, at: datetime) -> Counts:
    """Counts only, of the permits the actor sees there."""
    rows = permits_seen(by).filter(area_id__in=ids_below(area_id))
    n = rows.aggregate(
        late=Count("id", filter=Q(state="out", until_at__lt=at)),
        issued=Count("id", filter=Q(issued_at__isnull=False)),
        fast=Count("id", filter=Q(issued_at__isnull=False, is_fast=True)),
        review=Count("id", filter=Q(issued_at__isnull=False, is_fast=True, reviewed_at=None)),
    )
    states = dict(rows.values_list("state").annotate(n=Count("id")))
    return Counts(states, n["late"], n["fast"], n["issued"], n["review"])


def own_permits(by: Actor, *, limit: int = 10) -> list[Permit]:
    """What the actor carries, newest first."""
    own = Q(account_id=by.id) | Q(person_id=by.person_id) if by.person_id else Q(account_id=by.id)
    return list(Permit.objects.filter(own).select_related("area").defer("area__outline").order_by("-asked_at")[:limit])


def permits_of_items(item_ids: Iterable[UUID], *, by: Actor) -> dict[UUID, Permit]:
    """The newest permit that the actor sees of each item."""
    rows = permits_seen(by).filter(item_id__in=list(item_ids)).defer("sealed").order_by("asked_at")
    return {p.item_id: p for p in rows if p.item_id}


def permits_of_plea(plea_id: UUID) -> list[Permit]:
    """Permits that came of a plea, newest first."""
    return list(Permit.objects.filter(plea_id=plea_id).defer("sealed").order_by("-asked_at"))


def releases_to_review(area_id: UUID, *, by: Actor, limit: int = 40) -> list[Passage]:
    """People let out at once, their life in danger, or without signal though their permit did not hold, that nobody
    has looked at since, the oldest first."""
    rows = Passage.objects.filter(held(by, DECIDE), area_id__in=ids_below(area_id), verdict__in=LOOKED_AT,
                                  reviewed_at=None)  # fmt: skip
    rows = rows.select_related("area", "permit").defer("area__outline", "permit__sealed")
    return list(rows.annotate(post=post_of("by")).order_by("at")[:limit])


def words_of(releases: list[Passage], *, by: Actor) -> dict[UUID, str]:
    """Who was let out and why, as the gate said, for whoever looks at it afterwards; the read is noted."""
    told = opened(releases, by=by, fields=("words",), whole=True)
    return {i: t["words"] for i, t in told.items()}


def pass_text(permit: Permit, *, by: Actor, at: datetime) -> str:
    """What the square of an issued permit holds: signed, so that a gate without signal can trust it, and no more than
    a gate sees; the plate only for who may see it whole."""
    claims: dict[int, Any] = {
        ID: permit.id.bytes, FROM: int(permit.from_at.timestamp()), UNTIL: int(permit.until_at.timestamp()),
        KIND: permit.kind, NUMBER: permit.number, MODE: permit.mode,
    }  # fmt: skip
    if _is_whole(permit, by) and (plate := told_of(permit, by=by)["plate"]):
        claims[PLATE] = plate[:40]
    raw = make_token(claims, audience=PASS, at=at, until_at=permit.until_at, key=token_key())
    return token_text(raw)


def permit_by(text: str, *, by: Actor, at: datetime) -> Permit:
    """The permit that was shown at a gate: by its square, or its number typed. Raises PermitMissing.

    Edge: a square whose time is over still names its permit: who comes back late is let in.
    Rights: gates.check somewhere; a gate meets people of every area.
    """
    if not may(by, CHECK):
        raise PermitMissing()
    found = None
    plain = text.strip().lstrip("№ ")
    number = whole_in(plain)
    if number is not None:
        found = Permit.objects.filter(number=number).first()
    else:
        try:
            said = read_token(token_bytes(plain), audience=PASS, keys=token_keys(), at=at, shown_at=EVER)
        except Untrusted:
            raise PermitMissing() from None
        found = Permit.objects.filter(id=UUID(bytes=said.claims[ID])).first()
    if found is None:
        raise PermitMissing()
    return found


def verdicts_of(permit: Permit, *, at: datetime) -> dict[str, str]:
    """What a gate says to it now, each way: "" may pass, else the reason's code."""
    if permit.kind == CONVOY:
        return dict.fromkeys(WAYS, convoy_verdict(permit.state, until_at=permit.until_at, at=at))
    one_way = bool(permit_kinds()[permit.kind]["one_way"])
    said = {"from_at": permit.from_at, "until_at": permit.until_at, "at": at}
    return {way: verdict(permit.state, way, **said, is_one_way=one_way) for way in WAYS}


def spent_permits(*, by: Actor, at: datetime) -> dict[str, str]:
    """What a phone at a gate must know of squares that are signed and in their time: by the beginning of the permit's
    id its state, where it was called back or used; those called back first. Nothing personal. Rights: gates.check.
    """
    if not may(by, CHECK):
        return {}
    rows = Permit.objects.filter(state__in=SPENT, until_at__gt=at - LATE).order_by("-state", "-until_at")
    return {i.hex[:SHORT]: state for i, state in rows.values_list("id", "state")[:MOST_SPENT]}
