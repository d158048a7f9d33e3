"""A weather warning is entered, replaced by its next version, cancelled. The flow flags the posts outdoors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service, tell
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import reach
from lianfang.domains.incidents.errors import WarningMissing, WarningUnfit, WarningUnknown
from lianfang.domains.incidents.models import WarningArea, WeatherWarning
from lianfang.domains.incidents.queries.weather import today_edition, warned_areas, warning_kinds

RIGHT = "incidents.signal"


@dataclass(frozen=True)
class WarningText:
    """What a warning says: kind and colour, from when to when, where, in whose words; areas of its alert left out."""

    kind: str
    colour: str
    from_at: datetime
    until_at: datetime
    area_ids: Sequence[UUID]
    headline: Mapping[str, str] = field(default_factory=dict)
    advice: Mapping[str, str] = field(default_factory=dict)
    sender: str = ""
    source_id: str = ""
    left_out: Sequence[str] = ()


def _require(by: Actor, area_ids: set[UUID]) -> None:
    beyond = area_ids - reach(by, RIGHT, areas=area_ids).areas
    if beyond:
        raise RightMissing(right=RIGHT, area=str(min(beyond)))


def _refuse_unfit(says: WarningText, code: str, at: datetime) -> None:
    entry = warning_kinds(code).get(says.kind)
    if entry is None or says.colour not in entry["colours"]:
        raise WarningUnknown(kind=says.kind, colour=says.colour)
    if not says.area_ids:
        raise WarningUnfit(field="area")
    if says.until_at <= max(says.from_at, at):
        raise WarningUnfit(field="until")


@service("incidents.raise_warning", door=False)
def raise_warning(
    *, warning_id: UUID, says: WarningText, replaces_id: UUID | None, by: Actor, at: datetime
) -> WeatherWarning:
    """A warning, or the next version of one that it replaces, in some areas.

    Repeat:  same id: the first. Rights: incidents.signal in every area, also of the version before.
    Raises:  WarningUnknown (kind or colour), WarningUnfit (names the field), WarningMissing (nothing to replace).
    Locks:   the version it replaces.
    """
    _require(by, set(says.area_ids))
    known = WeatherWarning.objects.filter(id=warning_id).first()
    if known:
        raise Repeated(known)
    code = today_edition(at)
    _refuse_unfit(says, code, at)
    before = _ended(replaces_id, "incidents.replaced", by, at) if replaces_id else None
    made = WeatherWarning.objects.create(
        id=warning_id,
        line_id=before.line_id if before else warning_id,
        number=before.number + 1 if before else 1,
        edition=code,
        kind=says.kind,
        colour=says.colour,
        from_at=says.from_at,
        until_at=says.until_at,
        headline=dict(says.headline),
        advice=dict(says.advice),
        sender=says.sender,
        source_id=says.source_id,
        left_out=list(says.left_out),
        by=by.id,
        at=at,
    )
    WarningArea.objects.bulk_create([WarningArea(warning=made, area_id=a) for a in dict.fromkeys(says.area_ids)])
    tell(edition=code, warning=says.kind, colour=says.colour, until=says.until_at.isoformat(), number=made.number)
    return made


def _ended(warning_id: UUID, why: str, by: Actor, at: datetime) -> WeatherWarning:
    found = WeatherWarning.objects.select_for_update().filter(id=warning_id, ended_at=None).first()
    if found is None:
        raise WarningMissing(warning=str(warning_id))
    _require(by, set(warned_areas([warning_id]).get(warning_id, [])))
    found.ended_at, found.ended_why = at, why[:300]
    found.save(update_fields=["ended_at", "ended_why"])
    return found


@service("incidents.end_warning", door=False, told=("why",))
def end_warning(*, warning_id: UUID, why: str, by: Actor, at: datetime) -> WeatherWarning:
    """A warning holds no longer, with the reason. Repeat: one that has ended.

    Rights: incidents.signal in all of its areas. Raises: WarningMissing, WarningUnfit (no reason).
    """
    known = WeatherWarning.objects.filter(id=warning_id).exclude(ended_at=None).first()
    if known:
        raise Repeated(known)
    if not why.strip():
        raise WarningUnfit(field="why")
    ended = _ended(warning_id, why.strip(), by, at)
    tell(edition=ended.edition, warning=ended.kind, colour=ended.colour)
    return ended
