"""A weather warning reaches the posts outdoors: they are flagged, their leads told, and freed when it is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import areas_of
from lianfang.domains.calls.queries import outdoor_calls
from lianfang.domains.editions.queries import edition, value, values_by_area
from lianfang.domains.incidents.errors import AlertElsewhere, AlertNotReal, AlertUnreadable, WarningMissing
from lianfang.domains.incidents.models import WeatherWarning
from lianfang.domains.incidents.planning import ground_of
from lianfang.domains.incidents.queries import (
    is_exercise,
    live_warnings,
    replaced_by,
    rule_of,
    today_edition,
    warned_areas,
    warning_kinds,
    warnings_run_out,
)
from lianfang.domains.incidents.rules.cap import Alert, AlertUnfit, read_alert
from lianfang.domains.incidents.rules.weather import Told, warnings_told
from lianfang.domains.incidents.services import WarningText, end_warning, raise_warning
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.places.queries import outdoor_places
from lianfang.domains.responders.queries import duty_lists, leads_of
from lianfang.domains.rounds.queries import outdoor_stations
from lianfang.domains.work.services import NewItem, end_with_warning, flag_posts

RIGHT = "incidents.signal"
ANSWER = "weather_answer_minutes"
HIGHER = ("committee-lead", "street-lead", "duty-officer", "command")  # who leads where an area has no lead of its own
NAMED = 3  # posts named in a message; the rest is a number


@dataclass(frozen=True)
class Post:
    """What stands outdoors: a call's posts in an area, or a place; with who leads it where that is known."""

    kind: str
    id: UUID
    area_id: UUID
    incident_id: UUID | None
    title: str
    title_en: str
    lead_id: UUID | None


@dataclass
class Taken:
    """What became of an alert: warnings raised, warnings it ended, and the areas it names that were left out."""

    raised: list[WeatherWarning] = field(default_factory=list)
    ended: list[WeatherWarning] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    posts: int = 0


def warn(
    *, warning_id: UUID, says: WarningText, by: Actor, at: datetime, replaces_id: UUID | None = None
) -> WeatherWarning:
    """Raise a warning, flag the posts outdoors it reaches, tell who leads them; all or nothing.

    Repeat: same id: the first, nobody is flagged twice. Rights and refusals: as incidents.raise_warning.
    """
    with transaction.atomic():
        made = raise_warning(warning_id=warning_id, says=says, replaces_id=replaces_id, by=by, at=at)
        if made.ended_at is None:
            flag(made, by=by, at=at)
    return made


def flag(warning: WeatherWarning, *, by: Actor, at: datetime) -> int:
    """Flag what a warning reaches now and was not flagged by it before; what it no longer reaches is freed.

    Another colour of the same warning asks its leads again. Gives how many were flagged.
    """
    areas = warned_areas([warning.id]).get(warning.id, [])
    posts = {_key(warning, p): p for p in _posts(areas, warning, at)}
    end_with_warning(warning_id=warning.line_id, kept_ids=list(posts), why="incidents.out_of_reach", by=by, at=at)
    leads = _leads(posts.values(), at)
    minutes = values_by_area(warning.edition, (ANSWER,), {p.area_id for p in posts.values()}, at=at)
    by_incident: dict[UUID | None, list[NewItem]] = {}
    for key, p in posts.items():
        limit = int(minutes[p.area_id][ANSWER])
        item = NewItem(key, p.area_id, p.kind, p.id, p.title, {"answer_minutes": limit}, leads.get(p.id),
                       root_id=warning.line_id, title_en=p.title_en)  # fmt: skip
        by_incident.setdefault(p.incident_id, []).append(item)
    fresh: list[NewItem] = []
    for incident_id, items in by_incident.items():
        done = flag_posts(warning_id=warning.line_id, incident_id=incident_id, items=items, by=by, at=at)
        fresh += [i for i, o in zip(items, done, strict=True) if not o.code]
    _tell(warning, fresh, areas, by=by, at=at)
    return len(fresh)


def _key(warning: WeatherWarning, post: Post) -> UUID:
    return uuid5(warning.line_id, f"{warning.colour} {post.id}")


def _posts(area_ids: Sequence[UUID], warning: WeatherWarning, at: datetime) -> list[Post]:
    """Calls with a shift in its time, stations of rounds, and open places outdoors; a place that is both comes once."""
    span = {"from_at": max(warning.from_at, at), "until_at": warning.until_at}
    calls = [
        Post("call", c.id, c.area_id, c.incident_id, *_named(c.title, c.area.name, c.area.name_en), None)
        for c in outdoor_calls(area_ids, at=at, **span)
    ]
    stations = {
        s.place_id: Post("place", s.place_id, s.area_id, s.round.incident_id, s.place.name, s.place.name_en, s.lead_id)
        for s in outdoor_stations(area_ids, **span)
    }
    places = [
        Post("place", p.id, p.area_id, p.incident_id, p.name, p.name_en, None)
        for p in outdoor_places(area_ids)
        if p.id not in stations
    ]
    return [*calls, *stations.values(), *places]


def _named(title: dict[str, str], area: str, area_en: str) -> tuple[str, str]:
    zh = title.get("zh", "")
    return f"{area} · {zh}", f"{area_en or area} · {title.get('en') or zh}"


def _leads(posts: Collection[Post], at: datetime) -> dict[UUID, UUID]:
    """By post who leads it: the one it names, the lead of its area, else the nearest above."""
    areas = {p.area_id for p in posts if p.lead_id is None}
    known = leads_of(sorted(areas), at=at)
    lacking = areas - set(known)
    lists = duty_lists({(role, a) for role in HIGHER for a in lacking}, at=at) if lacking else {}
    for area in lacking:
        found = next((people[0] for role in HIGHER if (people := lists[role, area])), None)
        if found is not None:
            known[area] = found
    out = {p.id: p.lead_id or known.get(p.area_id) for p in posts}
    return {post: lead for post, lead in out.items() if lead is not None}


def _tell(warning: WeatherWarning, items: Sequence[NewItem], areas: Sequence[UUID], *, by: Actor, at: datetime) -> None:
    """One message to each lead about all of the lead's posts."""
    owned: dict[UUID, list[NewItem]] = {}
    for i in items:
        if i.owner_id:
            owned.setdefault(i.owner_id, []).append(i)
    if not owned:
        return
    here = areas_of(areas[:NAMED])
    names = [here[a] for a in areas[:NAMED] if a in here]
    rule = rule_of(warning, area_id=None, at=at)
    shared = {
        "warning": warning_words(warning),
        "from": warning.from_at.isoformat(),
        "until": warning.until_at.isoformat(),
        "says": dict(rule.words) if rule else {"zh": "", "en": ""},
        "area": {"zh": "、".join(a.name for a in names), "en": ", ".join(a.name_en or a.name for a in names)},
    }
    writings = []
    for owner, mine in owned.items():
        titles = {
            "zh": "、".join(i.title for i in mine[:NAMED]),
            "en": ", ".join(i.title_en or i.title for i in mine[:NAMED]),
        }
        key = uuid5(warning.line_id, f"told {owner} {min(i.id for i in mine)}")
        blanks = {**shared, "posts": titles, "count": str(len(mine))}
        writings.append(Writing(key, "account", owner, blanks, warning.line_id, mine[0].area_id))
    write_messages(
        writings=writings, edition=warning.edition, template="weather-warning", incident_id=None, by=by, at=at
    )


def warning_words(warning: WeatherWarning) -> dict[str, str]:
    """暴雨黄色, Rainstorm yellow."""
    body = edition(warning.edition)
    kind = warning_kinds(warning.edition)[warning.kind]["words"]
    colour = next(c["words"] for c in body["warning_colours"] if c["name"] == warning.colour)
    return {"zh": f"{kind['zh']}{colour['zh']}", "en": f"{kind['en']} {colour['en']}"}


def cancel_warning(*, warning_id: UUID, why: str, by: Actor, at: datetime) -> WeatherWarning:
    """A warning holds no longer: what it flagged is over. Rights and refusals: as incidents.end_warning."""
    with transaction.atomic():
        ended = end_warning(warning_id=warning_id, why=why, by=by, at=at)
        end_with_warning(warning_id=ended.line_id, kept_ids=[], why=ended.ended_why, by=by, at=at)
    return ended


def take_alert(*, data: bytes, by: Actor, at: datetime) -> Taken:
    """An alert of the Common Alerting Protocol: raises warnings, or updates or cancels those that came before.

    Repeat:  the same file again raises nothing twice.
    Rights:  incidents.signal; areas beyond the actor's are left out and named, an area above is narrowed to them.
    Raises:  AlertUnreadable (element, fix), AlertNotReal, AlertElsewhere (no area), WarningMissing (cancels nothing).
    """
    require(by, RIGHT)
    try:
        alert = read_alert(data)
        _refuse_unreal(alert)
        before = replaced_by(alert.references, by=by)
        with transaction.atomic():
            return _cancelled(alert, before, by, at) if alert.kind == "Cancel" else _raised(alert, before, by, at)
    except AlertUnfit as e:
        raise AlertUnreadable(element=e.element, fix=e.fix) from e


def _refuse_unreal(alert: Alert) -> None:
    if alert.status != "Actual" and not (alert.status == "Exercise" and is_exercise()):
        raise AlertNotReal(status=alert.status)
    if alert.kind not in ("Alert", "Update", "Cancel"):
        raise AlertUnfit("msgType", "Alert, Update or Cancel")


def _cancelled(alert: Alert, before: Iterable[WeatherWarning], by: Actor, at: datetime) -> Taken:
    taken = Taken()
    for old in before:
        taken.ended.append(cancel_warning(warning_id=old.id, why="incidents.cancelled", by=by, at=at))
    if not taken.ended:
        raise WarningMissing(warning=", ".join(i for _, i in alert.references))
    return taken


def _raised(alert: Alert, before: list[WeatherWarning], by: Actor, at: datetime) -> Taken:
    """Each warning of an alert takes the place of the one of its kind before it; one that has none there ends."""
    code = today_edition(at)
    body = edition(code)
    lasts = timedelta(hours=float(value(code, "typed_warning_hours", area_id=None, at=at)))
    taken, left = Taken(), list(before)
    for told in warnings_told(alert, body["warnings"], body["warning_colours"], lasts=lasts):
        old = next((w for w in left if w.kind == told.kind), None)
        left = [w for w in left if w is not old]
        _raise_one(alert, told, old, taken, by, at)
    if not taken.raised:
        raise AlertElsewhere(areas=", ".join(taken.left_out[:NAMED]))
    for old in left:
        taken.ended.append(cancel_warning(warning_id=old.id, why="incidents.replaced", by=by, at=at))
    return taken


def _raise_one(alert: Alert, told: Told, old: WeatherWarning | None, taken: Taken, by: Actor, at: datetime) -> None:
    ground = ground_of(told.areas, RIGHT, by=by)
    taken.left_out += [a for a in ground.left_out if a not in taken.left_out]
    if not ground.area_ids:
        return
    # The places are part of the id: two counties that take in one alert of their province each have their own.
    places = " ".join(str(a) for a in ground.area_ids)
    name = [alert.sender, alert.identifier, alert.sent_at.isoformat(), told.kind, told.from_at.isoformat(), places]
    says = WarningText(told.kind, told.colour, told.from_at, told.until_at, ground.area_ids, told.headline, told.advice,
                       alert.sender, alert.identifier, ground.left_out)  # fmt: skip
    warning_id = uuid5(NAMESPACE_URL, " ".join(name))
    taken.raised.append(warn(warning_id=warning_id, says=says, replaces_id=old.id if old else None, by=by, at=at))


def run_weather(*, by: Actor, at: datetime) -> int:
    """End warnings whose time is over, and flag posts that came after their warning. Harmless twice. Gives how many."""
    over = list(warnings_run_out(at))
    for warning in over:
        cancel_warning(warning_id=warning.id, why="incidents.until_reached", by=by, at=at)
    flagged = 0
    for warning in live_warnings(at):
        with transaction.atomic():
            flagged += flag(warning, by=by, at=at)
    return len(over) + flagged
