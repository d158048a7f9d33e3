"""Opening items, one or a hundred thousand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.bulk import insert_rows
from lianfang.base.errors import Refused
from lianfang.base.service import Outcome, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import common_edition, kind, section_of
from lianfang.domains.grid.queries import units_marked
from lianfang.domains.privacy.queries import sealed
from lianfang.domains.privacy.services import assign_purposes
from lianfang.domains.work.errors import (
    ALL,
    AskedAlready,
    FieldMissing,
    FieldUnfit,
    OwnerUnskilled,
    OwnPage,
    ParentUnfit,
    UnitUnfit,
)
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.queries.asking import again_reasons, last_answers, questions, words_of
from lianfang.domains.work.queries.reading import right_on
from lianfang.domains.work.queries.skills import unable_for
from lianfang.domains.work.rules import (
    asked_skills,
    first_state,
    missing_fields,
    parent_fits,
    search_words,
    split_values,
    unfit_values,
)
from lianfang.domains.work.services.clocks import hand_at_once
from lianfang.domains.work.services.timing import start_clocks

Body = Mapping[str, Any]


@dataclass(frozen=True)
class NewItem:
    """One item to open; kind and area are the list's when left out."""

    id: UUID
    area_id: UUID
    unit_kind: str = "none"
    unit_id: UUID | None = None
    title: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    owner_id: UUID | None = None
    owner_role: str = ""
    due_at: datetime | None = None
    parent_id: UUID | None = None
    raised_from_id: UUID | None = None
    root_id: UUID | None = None
    title_en: str = ""
    routine: str = ""
    slot_at: datetime | None = None
    again: str = ""  # why a household is asked again what it has answered today: a choice of the knock's own field


def sealed_segments(
    rows: Iterable[tuple[UUID, Mapping[str, Mapping[str, Any]]]], incident_id: UUID | None
) -> dict[UUID, bytes]:
    """Personal values by row and retention class, each class sealed under its own key of the incident (or register)."""
    by_class: dict[str, list[tuple[UUID, Mapping[str, Any]]]] = {}
    for row_id, classes in rows:
        for retention, values in classes.items():
            by_class.setdefault(retention, []).append((row_id, values))
    out: dict[UUID, bytes] = {}
    scope = "incident" if incident_id else "register"
    for retention, pairs in by_class.items():
        for (row_id, _), blob in zip(
            pairs, sealed(pairs, scope=scope, scope_id=incident_id, retention=retention), strict=True
        ):
            out[row_id] = out.get(row_id, b"") + blob
    return out


def _refusal(body: Body, new: NewItem, parent_kinds: Mapping[UUID, str]) -> Outcome | None:
    # The head of a campaign is about the area; its children are about the kind's own unit.
    fits = new.unit_kind == body["unit"] or (bool(body.get("fan_out")) and new.unit_kind == "area")
    later = bool(body.get("unit_later")) and new.unit_kind == "none"  # help first, who it is afterwards
    if body["unit"] != "none" and not later and (not fits or new.unit_id is None):
        return Outcome(new.id, UnitUnfit.code, {"unit": body["unit"]})
    if new.parent_id and not parent_fits(body, parent_kinds.get(new.parent_id, "")):
        return Outcome(new.id, ParentUnfit.code, {"parents": body.get("parents", [])})
    bad = unfit_values(body, new.values)
    if bad:
        name, fix = next(iter(bad.items()))
        return Outcome(new.id, FieldUnfit.code, {"field": name, "fix": fix})
    missing = missing_fields(body, "open", new.values)
    return Outcome(new.id, FieldMissing.code, {"fields": missing}) if missing else None


def _unskilled(body: Body, new: NewItem, unable: Collection[UUID]) -> Outcome | None:
    if new.owner_id in unable:
        return Outcome(new.id, OwnerUnskilled.code, {"skills": asked_skills(body)})
    return None


def _rows(
    body: Body, fresh: Sequence[NewItem], blobs: Mapping[UUID, bytes], incident_id: UUID | None, by: Actor, at: datetime
) -> list[Item]:
    rows = []
    for n in fresh:
        plain, _ = split_values(body, n.values)
        texts = [str(v) for v in plain.values() if isinstance(v, str)]
        rows.append(
            Item(
                id=n.id,
                kind=body["kind"],
                version=body["version"],
                title=n.title[:200],
                title_en=n.title_en[:200],
                incident_id=incident_id,
                area_id=n.area_id,
                unit_kind=n.unit_kind,
                unit_id=n.unit_id,
                parent_id=n.parent_id,
                raised_from_id=n.raised_from_id,
                root_id=n.root_id,
                routine=n.routine,
                slot_at=n.slot_at,
                state=first_state(body, n.values),
                owner_id=n.owner_id,
                owner_role=n.owner_role,
                due_at=n.due_at,
                values=plain,
                sealed=blobs.get(n.id, b""),
                words=search_words(n.title, n.title_en, body["words"]["zh"], body["words"]["en"], *texts),
                opened_at=at,
                opened_by=by.id,
                changed_at=at,
            )
        )
    return rows


@service("work.open_items")
def open_items(
    *,
    kind_name: str,
    items: Sequence[NewItem],
    area_id: UUID,
    incident_id: UUID | None,
    by: Actor,
    at: datetime,
) -> list[Outcome]:
    """Open items of one kind below one area; one outcome an item, none raises for another.

    Repeat:  a known id is left ("repeated"), as is a second item for one routine, slot and unit.
    Rights:  work.open on the area, which every item's area must lie below; of a private kind the right it names.
    Outcomes: work.asked_already where the kind asks what the household has answered today, and no reason is given.
    Raises:  OwnPage for a kind that is noted as a whole.
    """
    require(by, right_on(kind_name, "open"), area_id=area_id, incident_id=incident_id)
    if kind(kind_name).get("own_page"):
        raise OwnPage(kind=kind_name)
    asked = _asked_already(kind_name, items, area_id, at)
    fresh = [n for n in items if n.id not in asked]
    laid = lay_items(kind_name=kind_name, items=fresh, area_id=area_id, incident_id=incident_id, by=by, at=at)
    outcomes = {o.id: o for o in laid} | asked
    return [outcomes[n.id] for n in items]


def _asked_already(kind_name: str, items: Sequence[NewItem], area_id: UUID, at: datetime) -> dict[UUID, Outcome]:
    """Outcomes of items that would ask a household again what it has answered today, without a reason.

    A routine of the edition has its reason: what is ordered twice a day is asked twice a day.
    """
    reasons = {str(r["value"]) for r in again_reasons()} if kind_name in questions() else set()
    asking = (
        {n.id: n.unit_id for n in items if n.unit_id and not n.routine and n.again not in reasons} if reasons else {}
    )
    last = last_answers(kind_name, set(asking.values()), area_id, at=at)
    twice = {i: last[u] for i, u in asking.items() if u in last}
    known = set(Item.objects.filter(id__in=list(twice)).values_list("id", flat=True)) if twice else set()
    return {i: Outcome(i, AskedAlready.code, words_of(b)) for i, b in twice.items() if i not in known}


@service("work.open_tested", door=False)
def open_tested(
    *, kind_name: str, items: Sequence[NewItem], incident_id: UUID | None, by: Actor, at: datetime
) -> list[Outcome]:
    """Open items for a flow that gives a right of its own, and has tested it: a plea, thanks, harm on duty.

    Repeat, outcomes: as open_items.
    """
    return lay_items(kind_name=kind_name, items=items, area_id=None, incident_id=incident_id, by=by, at=at)


def lay_items(
    *, kind_name: str, items: Sequence[NewItem], area_id: UUID | None, incident_id: UUID | None, by: Actor, at: datetime
) -> list[Outcome]:
    """Open items inside another service, which has tested the right: the doer's own, or the one its kind gives.

    area_id: the area that every item must lie below; None where each lies where its source lies.
    """
    body = kind(kind_name)
    here = {n.area_id for n in items}
    below = set(ids_below(area_id)) if area_id and here != {area_id} else here
    known = set(Item.objects.filter(id__in=[n.id for n in items]).values_list("id", flat=True))
    parents = dict(Item.objects.filter(id__in={n.parent_id for n in items if n.parent_id}).values_list("id", "kind"))
    outcomes: dict[UUID, Outcome] = {i: Outcome(i, "repeated") for i in known}
    unable = unable_for(body, {n.owner_id for n in items if n.owner_id}, at=at)
    fresh: list[NewItem] = []
    for n in items:
        if n.id in outcomes:
            continue
        refused = (
            Outcome(n.id, UnitUnfit.code, {"area": str(n.area_id)})
            if n.area_id not in below
            else _refusal(body, n, parents) or _unskilled(body, n, unable)
        )
        outcomes[n.id] = refused or Outcome(n.id)
        if refused is None:
            fresh.append(n)
    blobs = sealed_segments(((n.id, split_values(body, n.values)[1]) for n in fresh), incident_id)
    rows = _rows(body, fresh, blobs, incident_id, by, at)
    if body["unit"] in ("person", "household"):
        first = units_marked([r.unit_id for r in rows if r.unit_id], [f["name"] for f in _priority_flags()])
        for r in rows:
            r.is_priority = r.unit_id in first
    _insert(body, rows, by, at, {n.id: n.again for n in fresh if n.again})
    owned = [(r.owner_id, r.unit_kind, r.unit_id, r.id) for r in rows if r.owner_id and r.unit_id]
    if owned:
        assign_purposes(purposes=owned, why=f"work.{kind_name}", until_at=None, by=by, at=at)
    return [outcomes[n.id] for n in items]


def _priority_flags() -> list[Body]:
    return [f for f in section_of(common_edition(), "flags") if f.get("priority")]


def _insert(body: Body, rows: Sequence[Item], by: Actor, at: datetime, again: Mapping[UUID, str]) -> None:
    new = insert_rows(Item, rows)
    rows = [r for r in rows if r.id in new]
    insert_rows(Move, [Move(id=uuid5(r.id, "open"), item_id=r.id, move="open", to_state=r.state, by=by.id, at=at,
                            told={"again": again[r.id]} if r.id in again else {}) for r in rows])  # fmt: skip
    start_clocks(body, rows, at=at, is_new=True)
    hand_at_once(body, rows, by=by, at=at)


def open_item(*, kind_name: str, item: NewItem, incident_id: UUID | None, by: Actor, at: datetime) -> UUID:
    """The list with one item, raising its refusal."""
    done = open_items(kind_name=kind_name, items=[item], area_id=item.area_id, incident_id=incident_id, by=by, at=at)[0]
    raise_refusal(done)
    return done.id


def raise_refusal(outcome: Outcome) -> None:
    """Raise what an outcome refuses; a repeat is no refusal."""
    if outcome.code and outcome.code != "repeated":
        refusal: type[Refused] = ALL[outcome.code]
        raise refusal(**outcome.values)
