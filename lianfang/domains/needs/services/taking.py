"""Taking pleas in, by whatever way they come: each gets a number, a promise, and a proposal of what it asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import connection

from lianfang.base.actor import Actor
from lianfang.base.bulk import insert_rows
from lianfang.base.once import remembered
from lianfang.base.service import Outcome, service
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import reach_by_actor
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.grid.models import Household, Presence
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.needs.errors import PleaUnfit
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.queries.kinds import PROMISES, act_by, minutes_by_area, plea_dangers, plea_kinds, read
from lianfang.domains.needs.queries.pleas import lives_behind
from lianfang.domains.needs.rules import CHANNELS, DANGERS, deadline_in, promised, tongue_of
from lianfang.domains.privacy.queries import sealed, token
from lianfang.domains.privacy.rules import same_caller_word
from lianfang.domains.responders.queries import duty_lists

TAKE = "needs.take"
MOST_WORDS = 2000
FIRST = "grid-worker"
UPWARD = ("committee-lead", "street-lead", "duty-officer")
UNREAD = "health"  # what no cue could read is looked at soon: it may be anything, and a person weighs it
LEAST = timedelta(minutes=2)  # nobody accepts faster than he reads


@dataclass(frozen=True)
class NewPlea:
    """What somebody asks: words as said or typed, how to reach him, where; kind and danger where somebody says them.

    by: its asker (is_own), or who takes it in for him. An area is needed where the door is not known.
    """

    id: UUID
    channel: str
    words: str
    by: Actor
    at: datetime
    is_own: bool = False
    name: str = ""
    phone: str = ""
    address: str = ""
    area_id: UUID | None = None
    household_id: UUID | None = None
    person_id: UUID | None = None
    kind: str = ""
    danger: str = ""
    group: str = ""
    deadline_at: datetime | None = None
    deadline_where: str = ""
    incident_id: UUID | None = None
    about_item_id: UUID | None = None


@service("needs.take_in")
def take_in(*, pleas: Sequence[NewPlea], by: Actor, at: datetime) -> list[Outcome]:
    """Take pleas in; one outcome each with its number, and until when its asker hears from somebody.

    Kind and danger that nobody said are proposed by the edition's cues; a worse danger than was said is proposed too.
    What no cue reads surely is answered as soon as what touches health.
    Repeat:  a known id: "repeated" with the same number. Rights: needs.take on the area; of one's own, being its asker.
    Refuses: unfit (neither words nor a kind, no area or door, an unknown channel, kind or danger), right_missing.
    """
    with remembered():
        return _taken(pleas, by, at)


def _taken(pleas: Sequence[NewPlea], by: Actor, at: datetime) -> list[Outcome]:
    known = dict(Plea.objects.filter(id__in=[p.id for p in pleas]).values_list("id", "number"))
    homes = dict(Household.objects.filter(id__in={p.household_id for p in pleas if p.household_id})
                 .values_list("id", "area_id"))  # fmt: skip
    areas = {p.id: homes.get(p.household_id or p.id) or p.area_id for p in pleas}
    reached = reach_by_actor((p.by for p in pleas), TAKE, areas={a for a in areas.values() if a})
    own = _own_doors([p for p in pleas if p.is_own])
    behind = lives_behind([(p.person_id, p.household_id) for p in pleas if p.person_id])
    out, fresh = dict[UUID, Outcome](), list[NewPlea]()
    for p in pleas:
        fault = _fault(p, areas[p.id])
        if not fault and p.person_id and not p.is_own and p.person_id not in behind:
            fault = {"field": "person", "fix": ""}
        if p.id in known:
            out[p.id] = Outcome(p.id, "repeated", {"number": known[p.id]})
        elif fault:
            out[p.id] = Outcome(p.id, PleaUnfit.code, fault)
        elif not (p.is_own and own.get(p.id, True)) and not reached[p.by.id].has(areas[p.id], p.incident_id):  # type: ignore[arg-type]  # no fault: an area
            out[p.id] = Outcome(p.id, RightMissing.code, {"right": TAKE, "area": str(areas[p.id])})
        else:
            fresh.append(p)
    rows = _rows(fresh, areas, at)
    ask_holders(rows, at)
    kept = insert_rows(Plea, rows)
    late = [r.id for r in rows if r.id not in kept]  # sent twice at once: the other was kept first
    numbers = dict(Plea.objects.filter(id__in=late).values_list("id", "number"))
    out |= {i: Outcome(i, "repeated", {"number": numbers[i]}) for i in late}
    rows = [r for r in rows if r.id in kept]
    tell_holders(rows, by, at)
    _tell_askers(rows, by, at)
    out |= {r.id: Outcome(r.id, "", {"number": r.number, "reply_by": r.reply_by.isoformat()}) for r in rows}
    return [out[p.id] for p in pleas]


def owner_role(kind: str) -> str:
    """Who is asked first to look after a plea of a kind; of one not known yet whoever answers for the place."""
    return str(plea_kinds()[kind]["owner"]) if kind else FIRST


def lists_of(rows: Sequence[Plea], at: datetime) -> dict[UUID, list[UUID]]:
    """By plea who may be asked to look after it, in order: by its kind, then upward to the duty officer."""
    asked = {(role, r.area_id) for r in rows for role in (owner_role(r.kind), *UPWARD)}
    found = duty_lists(asked, at=at)
    return {r.id: list(dict.fromkeys(x for role in (owner_role(r.kind), *UPWARD) for x in found[role, r.area_id]))
            for r in rows}  # fmt: skip


def ask_holders(rows: Sequence[Plea], at: datetime) -> None:
    """Put the first of its list to each plea as its holder, until he accepts or his time is over. Nothing is written.

    A desk that takes a plea in where nobody is on any list holds it itself.
    """
    lists = lists_of(rows, at)
    minutes = minutes_by_area({r.area_id for r in rows}, at=at)
    for r in rows:
        people, values = lists[r.id], minutes[r.area_id]
        r.holder_id = people[r.position] if r.position < len(people) else r.taken_in_by
        r.accept_by = min(at + timedelta(minutes=values["plea_accept_minutes"]), max(r.reply_by, at + LEAST))


def tell_holders(rows: Sequence[Plea], by: Actor, at: datetime) -> None:
    """Each holder hears of the plea he is asked to look after: its number, kind and danger, never its words."""
    kinds, dangers = plea_kinds(), plea_dangers()
    by_incident: dict[tuple[UUID | None, str], list[Writing]] = {}
    for r in rows:
        if r.holder_id is None or r.holder_id == by.id:
            continue
        values = {"number": str(r.number), "what": (kinds.get(r.kind) or kinds["other"])["words"],
                  "danger": dangers[r.danger]["words"], "until": r.reply_by.isoformat()}  # fmt: skip
        template = "plea-urgent" if r.danger == DANGERS[0] else "plea-new"
        by_incident.setdefault((r.incident_id, template), []).append(
            Writing(uuid5(r.id, f"holder {r.holder_id} {r.accept_by}"), "account", r.holder_id, values, about_id=r.id,
                    area_id=r.area_id))  # fmt: skip
    for (incident_id, template), some in by_incident.items():
        write_messages(writings=some, edition=common_edition(), template=template, incident_id=incident_id, by=by,
                       at=at)  # fmt: skip


def _own_doors(pleas: Sequence[NewPlea]) -> dict[UUID, bool]:
    """Whether an asker who names a door or a person means his own; who names none asks for himself."""
    people = {p.by.person_id for p in pleas if p.by.person_id}
    homes = set(Presence.objects.filter(person_id__in=people, to_on=None).values_list("person_id", "household_id"))
    return {p.id: (p.household_id is None or (p.by.person_id, p.household_id) in homes)
            and (p.person_id is None or p.person_id == p.by.person_id) for p in pleas}  # fmt: skip


def _fault(p: NewPlea, area_id: UUID | None) -> dict[str, str]:
    if p.channel not in CHANNELS:
        return {"field": "channel", "fix": " ".join(CHANNELS)}
    if not p.words.strip() and not p.kind:
        return {"field": "words", "fix": "text"}
    if area_id is None:
        return {"field": "area", "fix": "id"}
    if p.kind and p.kind not in plea_kinds():
        return {"field": "kind", "fix": " ".join(plea_kinds())}
    if p.danger and p.danger not in DANGERS:
        return {"field": "danger", "fix": " ".join(DANGERS)}
    return {}


def _numbers(n: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('needs_plea_numbers') FROM generate_series(1, %s)", [n])
        return [row[0] for row in cursor.fetchall()]


def _rows(pleas: Sequence[NewPlea], areas: dict[UUID, UUID | None], at: datetime) -> list[Plea]:
    if not pleas:
        return []
    minutes = minutes_by_area({a for a in areas.values() if a}, at=at)
    blobs = _sealed(pleas)
    rows = []
    for p, number in zip(pleas, _numbers(len(pleas)), strict=True):
        area_id = areas[p.id]
        assert area_id is not None, "whoever lacks an area was refused"
        values = minutes[area_id]
        found = read(p.words, enough=int(values["plea_enough"]), sure=int(values["plea_sure"]))
        kind = p.kind or (found["kind"] if found["is_sure"] else "")
        usual = str(plea_kinds()[kind]["danger"]) if kind else "routine"
        danger = p.danger or _danger(kind, found["danger"], usual)
        deadline = p.deadline_at or deadline_in(p.words, p.at)
        starts = act_by(deadline, values)
        reply_by = promised(p.at, danger, {d: values[n] for d, n in PROMISES.items()})
        rows.append(
            Plea(id=p.id, number=number, channel=p.channel, incident_id=p.incident_id, area_id=area_id,
                 is_placed=p.household_id is not None or bool(p.is_own and p.area_id), household_id=p.household_id,
                 person_id=p.person_id, about_item_id=p.about_item_id,
                 account_id=p.by.id if p.is_own and p.by.id != p.id else None,
                 sealed=blobs[p.id], caller=token(same_caller_word("", p.phone)) if p.phone.strip() else None,
                 tongue=tongue_of(p.words), kind=kind, danger=danger, group=p.group or found["group"],
                 proposed={k: v for k, v in found.items() if k != "is_sure"},
                 decided_by=None if p.is_own or not (p.kind and p.danger) else p.by.id,
                 rank=DANGERS.index(danger), next_at=min(d for d in (starts, reply_by) if d), act_by=starts,
                 deadline_at=deadline, deadline_where=p.deadline_where.strip()[:120],
                 received_at=p.at, taken_in_by=None if p.is_own else p.by.id,
                 reply_by=reply_by)
        )  # fmt: skip
    return rows


def _danger(kind: str, read: str, usual: str) -> str:
    """The worse of what was read and what its kind usually is; where no kind led clearly it is looked at soon.

    Somebody may tell calmly that his child has swallowed a battery, and ask whether it matters.
    """
    least = usual if kind else UNREAD
    return min(read or least, least, key=DANGERS.index)


def _sealed(pleas: Sequence[NewPlea]) -> dict[UUID, bytes]:
    by_incident: dict[UUID | None, list[tuple[UUID, dict[str, str]]]] = {}
    for p in pleas:
        told = {"words": p.words.strip()[:MOST_WORDS], "name": p.name.strip()[:60], "phone": p.phone.strip()[:30],
                "address": p.address.strip()[:200]}  # fmt: skip
        by_incident.setdefault(p.incident_id, []).append((p.id, {k: v for k, v in told.items() if v}))
    out: dict[UUID, bytes] = {}
    for incident_id, pairs in by_incident.items():
        scope = "incident" if incident_id else "register"
        blobs = sealed(pairs, scope=scope, scope_id=incident_id, retention="plea")
        out |= {i: b for (i, _), b in zip(pairs, blobs, strict=True)}
    return out


def _tell_askers(rows: Sequence[Plea], by: Actor, at: datetime) -> None:
    """The immediate reply: a number, and until when somebody answers. To signed-in askers by message."""
    by_incident: dict[UUID | None, list[Writing]] = {}
    for r in rows:
        if r.account_id:
            values = {"number": str(r.number), "until": r.reply_by.isoformat()}
            some = by_incident.setdefault(r.incident_id, [])
            some.append(Writing(uuid5(r.id, "received"), "account", r.account_id, values, r.id, r.area_id))
    for incident_id, some in by_incident.items():
        write_messages(writings=some, edition=common_edition(), template="plea-received", incident_id=incident_id,
                       by=by, at=at)  # fmt: skip


def raise_refusal(outcome: Outcome) -> None:
    """Raise what an outcome refuses; a repeat is no refusal."""
    if outcome.code == PleaUnfit.code:
        raise PleaUnfit(**outcome.values)
    if outcome.code == RightMissing.code:
        raise RightMissing(**outcome.values)
