"""A signal becomes an incident: its plan becomes owned work with due times, and the owners are told."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.editions.queries import edition, value
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.services import open_incident as open_it
from lianfang.domains.messages.queries import span_words
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.privacy.services import make_keys
from lianfang.domains.responders.queries import duty_list
from lianfang.domains.work.services import NewItem, open_items


def open_incident(
    *, incident_id: UUID, signal_id: UUID, area_id: UUID, is_drill: bool, by: Actor, at: datetime
) -> Incident:
    """Open the incident, make its keys, lay its checklist with owner and due time, tell the owners; all or nothing.

    Repeat: same id: the first incident, no second checklist. Raises: what incidents.open_incident raises.
    """
    with transaction.atomic():
        incident = open_it(
            incident_id=incident_id, signal_id=signal_id, area_id=area_id, is_drill=is_drill, by=by, at=at
        )
        make_keys(scope="incident", scope_id=incident.id, by=by, at=at)
        entries = edition(incident.edition).get("checklist", [])
        by_kind: dict[str, list[NewItem]] = {}
        for e in entries:
            owner = _owner(e["role"], area_id, at)
            minutes = float(value(incident.edition, e["due_value"], area_id=area_id, at=at))
            by_kind.setdefault(e["kind"], []).append(
                NewItem(
                    id=uuid5(incident.id, "checklist " + e["name"]),
                    area_id=area_id,
                    unit_kind="incident",
                    unit_id=incident.id,
                    title=e["words"]["zh"],
                    values={},
                    owner_id=owner,
                    owner_role=e["role"],
                    due_at=at + timedelta(minutes=minutes),
                )
            )
        for kind_name, items in by_kind.items():
            open_items(
                kind_name=kind_name,
                items=items,
                area_id=area_id,
                incident_id=incident.id,
                by=by,
                at=at,
            )
        _tell_owners(incident, by_kind, by=by, at=at)
    return incident


def _owner(role: str, area_id: UUID, at: datetime) -> UUID | None:
    # A post held lower down (street, grid) has nobody at this level: the duty officer owns it and hands it on.
    for asked in (role, "duty-officer", "command"):
        found = duty_list(asked, area_id, at=at)
        if found:
            return found[0]
    return None


def _tell_owners(incident: Incident, by_kind: dict[str, list[NewItem]], *, by: Actor, at: datetime) -> None:
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
            "en": f"{items[0].title}" + (f" and {more} more" if more else ""),
        }
        left = span_words((first - at).total_seconds() / 60)
        blanks = {"incident": title, "task": task, "due": first.isoformat(), "left": left}
        writings.append(
            Writing(uuid5(incident.id, f"owner {owner}"), "account", owner, blanks, incident.id, incident.area_id)
        )
    write_messages(
        writings=writings, edition=incident.edition, template="checklist-owner", incident_id=incident.id, by=by, at=at
    )
