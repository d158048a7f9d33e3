"""Personal data dies on its date: an incident's classes open for nobody, their keys are destroyed, a paper says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Q

from lianfang.base.actor import Actor
from lianfang.base.service import canonical
from lianfang.base.signing_keys import known_keys, signing_key
from lianfang.base.suites import suite_of
from lianfang.domains.accounts.models import RoleGrant
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.audit.models import Export, PersonRead
from lianfang.domains.audit.planning import USE
from lianfang.domains.decisions.models import Decision, OfficeLink
from lianfang.domains.dispatch.models import Ride
from lianfang.domains.dispatch.services import forget_rides
from lianfang.domains.editions.queries import common_edition, value, values_by_area
from lianfang.domains.gates.models import Passage, Permit
from lianfang.domains.gates.services import forget_permits
from lianfang.domains.incidents.errors import IncidentMissing
from lianfang.domains.incidents.models import Incident
from lianfang.domains.messages.models import Message
from lianfang.domains.messages.services import forget_values as forget_messages
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.services import forget_pleas
from lianfang.domains.privacy.errors import EndsTooEarly, IncidentRuns
from lianfang.domains.privacy.models import Destruction
from lianfang.domains.privacy.queries import classes_held, live_classes
from lianfang.domains.privacy.services import (
    CLASSES,
    end_purposes,
    finish_destructions,
    order_destruction,
    sign_certificate,
)
from lianfang.domains.watch.models import Check
from lianfang.domains.work.models import Item, Plan
from lianfang.domains.work.services import forget_values as forget_tasks
from lianfang.kernels.suppress import is_small

# Who holds personal values of an incident: (code name in a certificate, model).
HOLDERS: tuple[tuple[str, Any], ...] = (
    ("work_items", Item),
    ("plans", Plan),
    ("messages", Message),
    ("pleas", Plea),
    ("permits", Permit),
    ("passages", Passage),
    ("rides", Ride),
    ("health_checks", Check),
    ("appeals", Decision),
    ("office_notes", OfficeLink),
)
# Doors through which personal values leave the house on paper or on a phone.
PRINTS = ("work-print", "round-paper", "codes")
BUNDLES = ("field-bundle", "sampler-bundle")
MOST_FORGOTTEN = 5000  # a run, so that none holds rows for long
BY_DATE = "edition "  # before the edition whose date ended a class
NOTHING_STATED = "plea"  # the class whose date holds for what names none of its own
SMALL = "small_count"  # the edition's first count that leaves the house
# Records that others rest on (claims, accounts, care, appeals): never ended before their date.
AT_LEAST = ("hours", "money", "dose", "decision")


def destroy_personal(
    *, destruction_id: UUID, incident_id: UUID, classes: Sequence[str], why: str, by: Actor, at: datetime
) -> Destruction:
    """Order that classes of an incident be destroyed: from now they open for nobody. Counts stay.

    Rights: accounts.grant on the incident's area (its administrator). Raises: IncidentMissing, IncidentRuns,
    EndsTooEarly, and what privacy.order_destruction does. The certificate comes once the order is kept: `certify`.
    """
    incident = Incident.objects.filter(id=incident_id).first()
    if incident is None:
        raise IncidentMissing(incident=str(incident_id))
    require(by, "accounts.grant", area_id=incident.area_id)
    dates = dates_of(incident, days_kept([incident], at=at)[incident.id])
    if not dates:
        raise IncidentRuns(incident=str(incident_id))
    early = {c: dates[c].isoformat() for c in classes if c in AT_LEAST and dates[c] > at}
    if early:
        raise EndsTooEarly(classes=sorted(early), until=max(early.values()))
    about = {"title": incident.title, "area_id": incident.area_id,
             "held": {n: m.objects.filter(incident_id=incident_id).exclude(sealed=b"").count() for n, m in HOLDERS},
             "copies": copies_of(incident),
             "small_count": value(incident.edition, SMALL, area_id=incident.area_id, at=at)}  # fmt: skip
    with transaction.atomic():
        order = order_destruction(destruction_id=destruction_id, scope="incident", scope_id=incident_id,
                                  classes=classes, why=why, about=about, by=by, at=at)  # fmt: skip
        if not live_classes("incident", [incident_id]):
            # Nothing of it can be read any more: neither is there a reason to.
            items = Item.objects.filter(incident_id=incident_id).values_list("id", flat=True)
            end_purposes(source_ids=list(items), by=by, at=at)
    return order


def copies_of(incident: Incident) -> dict[str, Any]:
    """What left the house while the incident ran, and cannot be proved destroyed: files, papers, phones."""
    area = ids_below(incident.area_id)
    there = RoleGrant.objects.filter(area_id__in=area).values("account_id")
    files = Export.objects.filter(at__gte=incident.opened_at).exclude(personal_fields=[])
    files = files.filter(Q(area_id__in=area) | Q(actor_id__in=there)).order_by("at")
    taken = PersonRead.objects.filter(at__gte=incident.opened_at, actor_id__in=there)
    times = dict(
        taken.filter(door__in=PRINTS + BUNDLES).values_list("door").annotate(n=Count("id")).values_list("door", "n")
    )
    return {
        "files": [{"id": str(e.id), "at": e.at.isoformat(), "what": e.what, "rows": e.rows} for e in files],
        "prints": sum(times.get(d, 0) for d in PRINTS),
        "phones": sum(times.get(d, 0) for d in BUNDLES),
    }


def days_kept(incidents: Iterable[Incident], *, at: datetime) -> dict[UUID, dict[str, int]]:
    """How many days after its end the edition of each incident keeps each class; asked once an edition."""
    names = {c: f"kept_{NOTHING_STATED if c == 'standing' else c}_days" for c in CLASSES}
    by_edition: dict[str, list[Incident]] = {}
    for i in incidents:
        by_edition.setdefault(i.edition, []).append(i)
    out: dict[UUID, dict[str, int]] = {}
    for code, some in by_edition.items():
        told = values_by_area(code, sorted(set(names.values())), {i.area_id for i in some}, at=at)
        out |= {i.id: {c: int(told[i.area_id][n]) for c, n in names.items()} for i in some}
    return out


def dates_of(incident: Incident, days: Mapping[str, int]) -> dict[str, datetime]:
    """When each class of a closed incident is destroyed, by the days it is kept; empty while it runs."""
    if incident.closed_at is None:
        return {}
    return {c: incident.closed_at + timedelta(days=n) for c, n in days.items()}


def destroy_due(*, by: Actor, at: datetime) -> int:
    """Order the end of every class whose date has come, but for what a legal hold keeps. Gives how many classes."""
    ended = Incident.objects.filter(closed_at__lte=at)
    live, n = live_classes("incident", ended.values_list("id", flat=True)), 0
    kept = list(ended.filter(id__in=live))
    days = days_kept(kept, at=at)
    for incident in kept:
        over = [c for c, d in dates_of(incident, days[incident.id]).items() if d <= at and c in live[incident.id]]
        by_law = classes_held("incident", incident.id, at=at) if over else set()
        due = [c for c in over if c not in by_law]
        if due:
            name = f"{','.join(due)} {incident.closed_at}"
            destroy_personal(destruction_id=uuid5(incident.id, name), incident_id=incident.id, classes=due,
                             why=f"{BY_DATE}{incident.edition}", by=by, at=at)  # fmt: skip
            n += len(due)
    return n


def forget_standing(*, by: Actor, at: datetime) -> int:
    """What was asked and told outside any incident is forgotten as many days after its end as the edition says.

    Not while a legal hold keeps pleas of the standing register. Gives how many, at most some thousands a run.
    """
    if "plea" in classes_held("register", None, at=at):
        return 0
    days = int(value(common_edition(), "kept_plea_days", area_id=None, at=at))
    before = at - timedelta(days=days)
    tasks = forget_tasks(closed_before=before, limit=MOST_FORGOTTEN, by=by, at=at)
    pleas = forget_pleas(ended_before=before, limit=MOST_FORGOTTEN, by=by, at=at)
    pleas += forget_permits(over_before=before, limit=MOST_FORGOTTEN, by=by, at=at)
    pleas += forget_rides(over_before=before, limit=MOST_FORGOTTEN, by=by, at=at)
    return tasks + pleas + forget_messages(made_before=before, limit=MOST_FORGOTTEN, by=by, at=at)


def certify(*, by: Actor, at: datetime) -> int:
    """Destroy the keys of what was ordered and kept, and sign. Gives how many certificates came of it."""
    waiting = Destruction.objects.filter(done_at=None).aggregate(last=Max("ordered_at"))["last"]
    done = finish_destructions(by=by, at=at) if waiting else []
    key = signing_key(USE, settings.SUITE) if done else None
    for d in done:
        assert key
        signature = suite_of(key.suite).sign(key, canonical(stated(d)))
        sign_certificate(destruction_id=d.id, suite=key.suite, public_key=key.public, signature=signature, by=by, at=at)
    return len(done)


def count_stated(n: int, d: Destruction) -> int | str:
    """A count as a certificate states it: "<5" for one that would tell of somebody; nothing adds such counts up."""
    return f"<{d.small_count}" if is_small(n, below=d.small_count) else n


def _copies_stated(d: Destruction) -> dict[str, Any]:
    files = [f | {"rows": count_stated(f["rows"], d)} for f in d.copies.get("files", ())]
    return {n: count_stated(k, d) for n, k in d.copies.items() if n != "files"} | {"files": files}


def stated(d: Destruction) -> dict[str, Any]:
    """What a certificate states, and its signature is over: codes, counts and times, no person, no small count.

    Edge: by the threshold of its order, so that one signed before says for ever what was signed.
    """
    return {
        "certificate": str(d.id),
        "scope": {"kind": d.scope, "id": str(d.scope_id or ""), "title": d.title},
        "classes": sorted(d.classes),
        "keys": [str(k) for k in d.keys],
        "why": d.why,
        "ordered_at": d.ordered_at.astimezone(UTC).isoformat(),
        "destroyed_at": d.done_at.astimezone(UTC).isoformat() if d.done_at else None,
        "unreadable": {name: count_stated(n, d) for name, n in d.held.items()},
        "not_provably_destroyed": _copies_stated(d) if d.copies else d.copies,
    }


def certificate_of(d: Destruction) -> dict[str, Any]:
    """A certificate for a machine: what it states, who signed it, when another said to have been there."""
    signed = {"suite": d.suite, "public_key": bytes(d.public_key).hex(), "signature": bytes(d.signature).hex()}
    return {"states": stated(d), **signed, "witnessed_at": d.witnessed_at.isoformat() if d.witnessed_at else None}


def certificate_problem(paper: Mapping[str, Any]) -> str:
    """What is wrong with a certificate that somebody shows; "" if this site signed exactly what it states."""
    try:
        states, suite, public = paper["states"], str(paper["suite"]), bytes.fromhex(paper["public_key"])
        signature = bytes.fromhex(paper["signature"])
    except (KeyError, TypeError, ValueError):
        return "this is no certificate"
    if (suite, public) not in known_keys(USE):
        return "it is signed by a key that is not this site's"
    return "" if suite_of(suite).verify(public, signature, canonical(states)) else "it was changed after it was signed"
