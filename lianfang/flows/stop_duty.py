"""Somebody on duty stops: harmed, feverish, or exposed to a case. He is off duty, replaced, and his lead told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Exists, OuterRef

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import holders_of, labels_of
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.calls.errors import ClaimMissing
from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.queries.joint import require_call
from lianfang.domains.calls.rules import FIRM
from lianfang.domains.calls.services import NewNote, Presence, check_out, end_claims, note_duty
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.grid.models import Person
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.privacy.queries import opened, same_caller_token
from lianfang.domains.responders.models import Responder
from lianfang.domains.responders.services import keep_fitness, put_down
from lianfang.domains.work.services import NewItem
from lianfang.domains.work.services.opening import open_tested
from lianfang.domains.work.services.opening import raise_refusal as raise_item
from lianfang.flows.replace import find_replacements

HARM, MEDIC = "responder-harm", "medic"
LEADS = ("committee-lead", "street-lead", "duty-officer")
HARMED = {"zh": "身体不适", "en": "unwell"}
FEVERISH = {"zh": "体温偏高", "en": "fever"}
MET_A_CASE = {"zh": "接触过病例", "en": "met a case"}
FEVER_OFF = timedelta(days=1)  # until a medic has seen him; a lead may say fit sooner


def stop_duty(*, item_id: UUID, claim_id: UUID, signs: str, action: str, until_at: datetime | None, by: Actor,
              at: datetime) -> Claim:  # fmt: skip
    """Somebody on duty is harmed: the work stops, a medic's task opens, he is off duty until a time, the lead is told.

    His name and signs are for the medic alone. Repeat: same item id. Rights: his own, a buddy on the same shift, or
    calls.lead. Raises: ClaimMissing, and what the work item asks for.
    """
    with transaction.atomic():
        claim = _to_stop(claim_id, by)
        if claim.state == "checked_in" and claim.shift.ends_at <= at:  # else the rest of his turn goes to the next
            check_out(presences=[Presence(claim.id, at, by)], by=by, at=at)
        call = claim.shift.call
        told = {"signs": signs.strip()[:500], "action": action.strip()[:500], "state_after": "off",
                "post": labels_of({claim.account_id}).get(claim.account_id, "")}  # fmt: skip
        item = NewItem(item_id, call.area_id, "area", call.area_id, values=told, owner_role=MEDIC)
        done = open_tested(kind_name=HARM, items=[item], incident_id=call.incident_id, by=by, at=at)[0]
        if done.code == "repeated":
            return claim
        raise_item(done)
        freed = _off({claim.account_id: item_id}, limits=[], until_at=until_at, words=HARMED, area_id=call.area_id,
                     by=by, at=at)  # fmt: skip
        find_replacements(freed=freed, by=by, at=at)
    return claim


def assemble(*, notes: Sequence[NewNote], by: Actor, at: datetime) -> list[Outcome]:
    """Ticks of assembly; whoever has a fever goes home: off duty, his places free for the next. One outcome a note.

    Rights, refusals: as calls.note_duty.
    """
    with transaction.atomic():
        done = note_duty(notes=notes, by=by, at=at)
        hot = {n.claim_id: n.id for n, o in zip(notes, done, strict=True) if not o.code and o.values.get("fever")}
        rows = {c.id: c for c in Claim.objects.filter(id__in=hot).select_related("shift__call")}
        freed: list[Claim] = []
        for area in {c.shift.call.area_id for c in rows.values()}:
            some = {c.account_id: hot[c.id] for c in rows.values() if c.shift.call.area_id == area}
            freed += _off(some, limits=[], until_at=at + FEVER_OFF, words=FEVERISH, area_id=area, by=by, at=at)
        find_replacements(freed=freed, by=by, at=at)
    return done


def expose_helpers(*, until_by_person: Mapping[UUID, tuple[UUID, datetime]], area_id: UUID, by: Actor,
                   at: datetime) -> int:  # fmt: skip
    """People who met a case and serve: off duty until their watch ends, their places free for the next who waits; where
    nobody waits, who leads is told whom to put there.

    until_by_person: by person of the register the case that follows him, and until when. Called by the flow that lists
    contacts; its right was tested there. Gives how many of them serve.
    """
    serves = Claim.objects.filter(account_id=OuterRef("pk"), state__in=(*FIRM, "waiting"))
    known = Responder.objects.filter(id=OuterRef("pk"), left_at=None)
    rows = Account.objects.filter(Exists(serves) | Exists(known), person_id__in=until_by_person, is_active=True)
    people = {i: until_by_person[p] for i, p in rows.values_list("id", "person_id") if p is not None}
    people |= _by_name_and_phone(until_by_person, by)
    by_until: dict[datetime, dict[UUID, UUID]] = {}
    for i, (case, until) in people.items():
        by_until.setdefault(until, {})[i] = case
    with transaction.atomic():
        freed: list[Claim] = []
        for until, some in by_until.items():
            freed += _off(some, limits=["exposed"], until_at=until, words=MET_A_CASE, area_id=area_id, by=by, at=at)
        find_replacements(freed=freed, by=by, at=at)
    return len(people)


def _by_name_and_phone(until_by_person: Mapping[UUID, tuple[UUID, datetime]],
                       by: Actor) -> dict[UUID, tuple[UUID, datetime]]:  # fmt: skip
    """Those who serve and bear the name and phone of one of some people: most have no other tie to the register."""
    rows = list(Person.objects.filter(id__in=until_by_person))
    told = opened(rows, by=by, fields=("name", "phone"), whole=True)
    same = {t: until_by_person[r.id] for r in rows
            if (t := same_caller_token(told[r.id]["name"], told[r.id]["phone"])) is not None}  # fmt: skip
    found = Responder.objects.filter(same__in=same, left_at=None, account__is_active=True)
    return {i: same[t] for i, t in found.values_list("id", "same") if t is not None}


def _to_stop(claim_id: UUID, by: Actor) -> Claim:
    claim = (
        Claim.objects.select_for_update(of=("self",)).select_related("shift__call__area").filter(id=claim_id).first()
    )
    if claim is None:
        raise ClaimMissing(claim=str(claim_id))
    beside = Claim.objects.filter(shift_id=claim.shift_id, account_id=by.id, state="checked_in").exists()
    if claim.account_id != by.id and not beside:
        require_call(by, "calls.lead", claim.shift.call)
    return claim


def _off(people: Mapping[UUID, UUID], *, limits: Sequence[str], until_at: datetime | None, words: Mapping[str, str],
         area_id: UUID, by: Actor, at: datetime) -> list[Claim]:  # fmt: skip
    """Each is off duty until a time; places he holds until then go to who waits; he and the leads are told.

    Gives what was given back, for which somebody is then looked for.
    """
    put_down(account_ids=sorted(people), kind="volunteer", by=by, at=at)
    for i, source in sorted(people.items()):
        keep_fitness(fitness_id=uuid5(source, f"fitness {i}"), responder_id=i, state="off", limits=limits, why="",
                     until_at=until_at, source_id=source, by=by, at=at)  # fmt: skip
    freed = end_claims(account_ids=sorted(people), until_at=until_at, by=by, at=at)
    _tell(sorted(people), freed, until_at, words, area_id, by, at)
    return freed


def _tell(people: Sequence[UUID], freed: Sequence[Claim], until_at: datetime | None, words: Mapping[str, str],
          area_id: UUID, by: Actor, at: datetime) -> None:  # fmt: skip
    area = Area.objects.only("id", "name", "name_en").get(id=area_id)
    name = {"zh": area.name, "en": area.name_en or area.name}
    until = until_at.isoformat() if until_at else "–"
    writings = [Writing(uuid5(p, f"off {at.isoformat()}"), "account", p, {"area": name, "until": until},
                        about_id=area_id, area_id=area_id) for p in people]  # fmt: skip
    write_messages(writings=writings, edition=common_edition(), template="duty-off", incident_id=None, by=by, at=at)
    told = {c.shift.call.area_id for c in freed} | {area_id}
    posts = labels_of(set(people))
    for place in sorted(told):
        leads = _leads(place, at)
        some = [Writing(uuid5(p, f"stopped {place} {lead} {at.isoformat()}"), "account", lead,
                        {"area": name, "post": posts.get(p, ""), "why": dict(words)}, about_id=place, area_id=place)
                for p in people for lead in leads[:3]]  # fmt: skip
        write_messages(writings=some, edition=common_edition(), template="duty-stopped", incident_id=None, by=by, at=at)


def _leads(area_id: UUID, at: datetime) -> list[UUID]:
    above = ids_above(area_id)
    return list(dict.fromkeys(a for role in LEADS for a in holders_of(role, above=above, at=at)))
