"""Why somebody is held: the date before the reason, then rule, evidence, conditions, paper and appeal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may
from lianfang.domains.editions.queries import edition
from lianfang.domains.grid.models import Presence
from lianfang.domains.grid.queries import answerers_of, contact_of
from lianfang.domains.holds.models import Hold
from lianfang.domains.holds.queries import colour_of, holds_of
from lianfang.domains.incidents.models import ZoneVersion
from lianfang.domains.incidents.queries import measures_at, versions_named
from lianfang.domains.privacy.queries import note_read
from lianfang.domains.reports.queries import lifting_of
from lianfang.web import incident_words as w
from lianfang.web.door import actor_of, page, signed_in
from lianfang.web.measures import measure_rows

DAYS = ("days_without_case", "days_since_start")


def look_of(hold: Hold) -> str:
    """How strict a hold looks: nobody goes out, only with a permit, or free to go."""
    allowed = {hold.rules.get("leave_home"), hold.rules.get("leave_zone")} if hold.effect == "restrict" else {"yes"}
    if hold.rules.get("leave_home") == "no" and hold.effect == "restrict":
        return "no"
    return "permit" if allowed & {"permit", "no"} else "free"


def colour_shown(holds: Collection[Hold]) -> dict[str, Any]:
    """The health code's colour in words, by which hold, since when, and when it is looked at again."""
    colour, by_hold = colour_of(holds)
    ends = by_hold and (by_hold.until_at or by_hold.review_at)
    return {"name": colour, "words": w.colour_words({"code_colour": colour}), "hold": by_hold, "ends_at": ends}


def _mark(hold: Hold, body: Mapping[str, Any]) -> dict[str, str]:
    return next((z["mark"] for z in body.get("zone_kinds", []) if z["name"] == hold.kind), {})


def _conditions(
    version: ZoneVersion | None, body: Mapping[str, Any], known: Mapping[UUID, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """What must hold before it is lifted, and how it stands; days are told as days."""
    if version is None:
        return []
    own = next((z for z in body.get("zone_kinds", []) if z["name"] == version.kind), {})
    tests = {c["name"]: c["test"] for c in own.get("lifting", [])}
    return [{**c, "is_days": tests.get(c["name"]) in DAYS} for c in known[version.id]]


def _holds_shown(holds: list[Hold], at: datetime) -> list[dict[str, Any]]:
    """Each hold in words, with the zone that placed it and how its lifting stands; all zones are asked for together."""
    behind = {v.id: v for v in versions_named([h.source_id for h in holds if h.source_id])}
    known = lifting_of(list(behind.values()), at=at)
    return [_hold_shown(h, behind.get(h.source_id) if h.source_id else None, known) for h in holds]


def _hold_shown(hold: Hold, version: ZoneVersion | None, known: Mapping[UUID, list[dict[str, Any]]]) -> dict[str, Any]:
    body = edition(hold.edition)
    return {
        "hold": hold,
        "look": look_of(hold),
        "mark": _mark(hold, body),
        "tests": w.tests_words(body, w.entry(body, "zone_kinds", hold.kind)),
        "ends_at": hold.until_at or hold.review_at,
        "is_review": hold.until_at is None,
        "title": body["title"],
        "issuer": body.get("issuer", {}),
        "place": version.zone.name if version else "",
        "conditions": _conditions(version, body, known),
    }


def _longest_first(holds: list[Hold]) -> list[Hold]:
    """Of several that hold at once the one that lasts longest; danger to life and exemptions speak first."""

    def order(h: Hold) -> tuple[bool, float, int]:
        ends = h.until_at or h.review_at
        return h.effect == "restrict", -ends.timestamp() if ends else 0.0, -h.rank

    return sorted(holds, key=order)


def _page(request: HttpRequest, person_id: UUID, by: Actor, *, own: bool) -> HttpResponse:
    at = clock.now()
    known = contact_of(person_id, by=by, at=at)
    stay: Presence | None = known["stay"]
    holds = holds_of(person_id, at=at)
    shown = _holds_shown(_longest_first(holds), at)
    answers = answerers_of(stay.area_id, at=at, household_id=stay.household_id) if stay else []
    call = next((a for a in answers if a.phone), None)
    context = {
        "name": known["name"],
        "stay": stay,
        "holds": shown,
        "call": call,
        "own": own,
        "person_id": person_id,
        "colour": _colour(person_id, holds, stay, by, own=own),
        "may_appeal": known["is_whole"] and not own,
        "measures": measure_rows(measures_at(stay.area_id, at=at), at) if stay else [],
    }
    return page(request, "why/why.html", context)


def _colour(
    person_id: UUID, holds: Collection[Hold], stay: Presence | None, by: Actor, *, own: bool
) -> dict[str, Any] | None:
    """For the person, and for whom its care needs it; every other look is none. What is shown is noted as read."""
    if not own:
        if stay is None or not may(by, "holds.colour", area_id=stay.area_id):
            return None
        note_read([person_id], ("colour",))
    return colour_shown(holds)


@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """For a resident: what holds me, until when, why, and whom to call."""
    own = getattr(request.user, "person_id", None)
    if own is None:
        return redirect("day")
    return _page(request, own, actor_of(request), own=True)


@signed_in
def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """For an official: the same, the name as their right says."""
    return _page(request, person_id, actor_of(request), own=False)
