"""A signal becomes an incident, or joins one: its plan becomes owned work with due times, and the owners are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.editions.queries import edition, value
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.services import attach_signal as attach_it
from lianfang.domains.incidents.services import open_incident as open_it
from lianfang.domains.messages.queries import span_words
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.privacy.services import make_keys
from lianfang.domains.responders.queries import duty_list
from lianfang.domains.work.services import NewItem, open_items


def open_incident(
    *,
    incident_id: UUID,
    signal_id: UUID,
    area_id: UUID,
    is_drill: bool,
    by: Actor,
    at: datetime,
    is_watch: bool = False,
) -> Incident:
    """Open the incident, make its keys, lay its checklist with owner and due time, tell the owners; all or nothing.

    is_watch: the signal is watched: no checklist and no round of work before a signal that opens joins it.
    Repeat:   same id: the first incident, no second checklist. Raises: what incidents.open_incident raises.
    """
    with transaction.atomic():
        incident = open_it(
            incident_id=incident_id,
            signal_id=signal_id,
            area_id=area_id,
            is_drill=is_drill,
            is_watch=is_watch,
            by=by,
            at=at,
        )
        make_keys(scope="incident", scope_id=incident.id, by=by, at=at)
        if not is_watch:
            lay_tasks(incident, edition(incident.edition).get("checklist", []), "checklist", by=by, at=at)
    return incident


def attach_signal(*, signal_id: UUID, incident_id: UUID, by: Actor, at: datetime) -> Incident:
    """A further signal joins an incident; one that opens by definition ends the watching: the checklist is laid.

    Repeat: a signal that joined before: nothing is laid twice. Raises: what incidents.attach_signal raises.
    """
    with transaction.atomic():
        incident, begins = attach_it(signal_id=signal_id, incident_id=incident_id, by=by, at=at)
        if begins:
            lay_tasks(incident, edition(incident.edition).get("checklist", []), "checklist", by=by, at=at)
    return incident


def lay_tasks(
    incident: Incident, entries: Sequence[Mapping[str, Any]], series: str, *, by: Actor, at: datetime
) -> None:
    """Entries of a plan become items about the incident, each with owner and due time, and the owners are told.

    series: a task of one series and name is laid once. Called inside the transaction of its flow.
    """
    by_kind: dict[str, list[NewItem]] = {}
    for e in entries:
        minutes = float(value(incident.edition, e["due_value"], area_id=incident.area_id, at=at))
        by_kind.setdefault(e["kind"], []).append(
            NewItem(
                id=uuid5(incident.id, f"{series} {e['name']}"),
                area_id=incident.area_id,
                unit_kind="incident",
                unit_id=incident.id,
                title=e["words"]["zh"],
                title_en=e["words"]["en"],
                owner_id=_owner(e["role"], incident.area_id, at),
                owner_role=e["role"],
                due_at=at + timedelta(minutes=minutes),
            )
        )
    for kind_name, items in by_kind.items():
        open_items(kind_name=kind_name, items=items, area_id=incident.area_id, incident_id=incident.id, by=by, at=at)
    _tell_owners(incident, by_kind, series, by=by, at=at)


def _owner(role: str, area_id: UUID, at: datetime) -> UUID | None:
    # A post held lower down (street, grid) has nobody at this level: the duty officer owns it and hands it on.
    for asked in (role, "duty-officer", "command"):
        found = duty_list(asked, area_id, at=at)
        if found:
            return found[0]
    return None


def _tell_owners(
    incident: Incident, by_kind: dict[str, list[NewItem]], series: str, *, by: Actor, at: datetime
) -> None:
    owned: dict[UUID, list[NewItem]] = {}
    for items in by_kind.values():
        for i in items:
            if i.owner_id:
                owned.setdefault(i.owner_id, []).append(i)
    title = {**edition(incident.edition)["title"]}
    writings = []
    for owner, items in owned.items():
        first = min(i.due_at for i in items if i.due_at)
        more = len(items) - 1
        task = {
            "zh": items[0].title + (f"等 {len(items)} 项" if more else ""),
            "en": f"{items[0].title_en or items[0].title}" + (f" and {more} more" if more else ""),
        }
        left = span_words((first - at).total_seconds() / 60)
        blanks = {"incident": title, "task": task, "due": first.isoformat(), "left": left}
        writings.append(
            Writing(uuid5(incident.id, f"{series} {owner}"), "account", owner, blanks, incident.id, incident.area_id)
        )
    write_messages(
        writings=writings, edition=incident.edition, template="checklist-owner", incident_id=incident.id, by=by, at=at
    )
