"""Call-outs: people are asked whether they come, now; the silent are asked again; who arrives is ticked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db.models import F

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.calls.errors import CallOutMissing, CallOutOver, CallUnfit
from lianfang.domains.calls.models import Answer, CallOut
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages

POST = "calls.post"
SAYS = ("coming", "cannot")
TEMPLATE = "call-out"
MUSTER = {"come": "arrived_at", "departed": "departed_at", "on-post": "on_post_at"}  # steps in their order


@service("calls.call_out", told=("where",))
def call_out(
    *,
    call_out_id: UUID,
    area_id: UUID,
    account_ids: Sequence[UUID],
    words: Mapping[str, str],
    where: str,
    needed: int,
    meet_at: datetime,
    repeat_minutes: int,
    repeats: int,
    by: Actor,
    at: datetime,
    incident_id: UUID | None = None,
    mission_id: UUID | None = None,
    place_id: UUID | None = None,
) -> CallOut:
    """Ask people at once whether they come; each gets a message that leaves at any hour, and answers with one tap.

    place_id: the site they are mustered for.
    repeat_minutes, repeats: the silent are asked again after so long, so often.
    Repeat: same id: the first. Rights: calls.post and messages.send on the area. Raises: CallUnfit.
    """
    require(by, POST, area_id=area_id, incident_id=incident_id)
    require(by, "messages.send", area_id=area_id, incident_id=incident_id)
    known = CallOut.objects.filter(id=call_out_id).first()
    if known:
        raise Repeated(known)
    if not account_ids or not needed >= 1:
        raise CallUnfit(field="people", fix="1–")
    if not str(words.get("zh", "")).strip():
        raise CallUnfit(field="words", fix="text")
    if meet_at <= at:
        raise CallUnfit(field="from", fix=at.isoformat())
    if not (1 <= repeat_minutes <= 120 and 0 <= repeats <= 20):
        raise CallUnfit(field="repeats", fix="1–120, 0–20")
    made = CallOut.objects.create(id=call_out_id, area_id=area_id, incident_id=incident_id, mission_id=mission_id,
                                  place_id=place_id, words=dict(words), where=where.strip()[:200],
                                  needed=needed, meet_at=meet_at,
                                  repeat_minutes=repeat_minutes, repeats=repeats, sent_by=by.id,
                                  sent_at=at)  # fmt: skip
    units = dict(Account.objects.filter(id__in=account_ids, is_active=True).values_list("id", "organisation_id"))
    rows = [Answer(id=uuid5(made.id, str(a)), call_out=made, account_id=a, organisation_id=u, asked_at=at)
            for a, u in units.items()]  # fmt: skip
    Answer.objects.bulk_create(rows, batch_size=2000)
    _ask(made, rows, by, at)
    return made


def _ask(made: CallOut, rows: Sequence[Answer], by: Actor, at: datetime) -> None:
    values = {"words": made.words, "where": made.where or "–", "when": made.meet_at.isoformat()}
    writings = [Writing(uuid5(r.id, f"asked {r.tries}"), "account", r.account_id, values, about_id=made.id,
                        area_id=made.area_id) for r in rows]  # fmt: skip
    write_messages(writings=writings, edition=common_edition(), template=TEMPLATE, incident_id=made.incident_id, by=by,
                   at=at)  # fmt: skip


@service("calls.answer_call_outs")
def answer_call_outs(*, call_out_id: UUID, account_ids: Sequence[UUID], says: str, by: Actor,
                     at: datetime) -> list[Outcome]:  # fmt: skip
    """People say that they come, or cannot; or whoever telephones down the list notes it. One may change his mind.

    Repeat: the same again: "repeated". Rights: the own answer, or calls.post on the area; an answer noted for another
    says who noted it. Refuses: call_out_missing (not asked). Raises: CallOutMissing, CallOutOver, CallUnfit.
    """
    made = CallOut.objects.filter(id=call_out_id).first()
    if made is None:
        raise CallOutMissing()
    keeps = may(by, POST, area_id=made.area_id, incident_id=made.incident_id)
    if says not in SAYS:
        raise CallUnfit(field="says", fix=" ".join(SAYS))
    rows = {a.account_id: a for a in Answer.objects.select_for_update().filter(
        call_out=made, account_id__in=account_ids).order_by("id")}  # fmt: skip
    if made.closed_at is not None and any(keeps or i == by.id for i in rows):
        raise CallOutOver()
    out, changed = [], []
    for i in account_ids:
        row = rows.get(i)
        if row is None or not (keeps or i == by.id):
            out.append(Outcome(i, CallOutMissing.code))
        elif row.state == says:
            out.append(Outcome(i, "repeated"))
        else:
            row.state, row.answered_at, row.answered_by = says, at, by.id
            changed.append(row)
            out.append(Outcome(i))
    Answer.objects.bulk_update(changed, ["state", "answered_at", "answered_by"], batch_size=2000)
    return out


@service("calls.tick_muster", told=("step",))
def tick_muster(*, call_out_id: UUID, account_ids: Sequence[UUID], step: str, by: Actor, at: datetime) -> list[Outcome]:
    """Who has come to the meeting point, has left for the post, is on post: each after the one before it.

    Goes on when the call-out is closed: enough were asked, and those are on their way.
    Repeat: ticked before. Rights: calls.post on the area. Refuses: call_out_missing, unfit (the step before is
    missing). Raises: CallOutMissing, CallUnfit.
    """
    made = CallOut.objects.filter(id=call_out_id).first()
    if made is None or not may(by, POST, area_id=made.area_id, incident_id=made.incident_id):
        raise CallOutMissing()
    if step not in MUSTER:
        raise CallUnfit(field="step", fix=" ".join(MUSTER))
    rows = {a.account_id: a for a in Answer.objects.select_for_update().filter(
        call_out=made, account_id__in=account_ids).order_by("id")}  # fmt: skip
    out = [_ticked(i, rows.get(i), step, by, at) for i in account_ids]
    changed = [rows[o.id] for o in out if not o.code]
    Answer.objects.bulk_update(changed, [*MUSTER.values(), "state", "answered_at", "answered_by"], batch_size=2000)
    return out


def _ticked(account_id: UUID, row: Answer | None, step: str, by: Actor, at: datetime) -> Outcome:
    if row is None:
        return Outcome(account_id, CallOutMissing.code)
    if getattr(row, MUSTER[step]) is not None:
        return Outcome(account_id, "repeated")
    steps = list(MUSTER)
    before = steps[: steps.index(step)]
    if before and getattr(row, MUSTER[before[-1]]) is None:
        return Outcome(account_id, CallUnfit.code, {"field": "step", "fix": before[-1]})
    setattr(row, MUSTER[step], at)
    row.state = "coming"
    row.answered_at, row.answered_by = row.answered_at or at, row.answered_by or by.id
    return Outcome(account_id)


@service("calls.close_call_out")
def close_call_out(*, call_out_id: UUID, by: Actor, at: datetime) -> CallOut:
    """Enough have come, or it is over: the silent are not asked again. Repeat: closed. Rights: calls.post on the area.

    Raises: CallOutMissing.
    """
    made = CallOut.objects.select_for_update().filter(id=call_out_id).first()
    if made is None or not may(by, POST, area_id=made.area_id, incident_id=made.incident_id):
        raise CallOutMissing()
    if made.closed_at is not None:
        raise Repeated(made)
    made.closed_at = at
    made.save(update_fields=["closed_at"])
    return made


@service("calls.stand_down_call_outs", door=False)
def stand_down_call_outs(*, mission_id: UUID, why: str, by: Actor, at: datetime) -> list[CallOut]:
    """Nobody is needed for a mission any more: its call-outs end, and who said he comes, or has not answered, is told.

    Called by the flow that ends the mission and tested the right to. Repeat: nothing is open. Gives those that ended.
    """
    rows = CallOut.objects.select_for_update(of=("self",)).filter(mission_id=mission_id, closed_at=None)
    made = list(rows.select_related("area").order_by("id"))
    told = Answer.objects.filter(call_out__in=made).exclude(state="cannot").values_list("call_out_id", "account_id")
    asked: dict[UUID, list[UUID]] = {}
    for call_out, account in told:
        asked.setdefault(call_out, []).append(account)
    writings: dict[UUID | None, list[Writing]] = {}
    for m in made:
        m.closed_at = at
        values = {"words": m.words, "why": why, "area": {"zh": m.area.name, "en": m.area.name_en or m.area.name}}
        writings.setdefault(m.incident_id, []).extend(
            Writing(uuid5(m.id, f"not needed {a}"), "account", a, values, about_id=m.id, area_id=m.area_id)
            for a in asked.get(m.id, ()))  # fmt: skip
    for incident_id, lines in writings.items():  # as a rule one: those of a mission
        write_messages(writings=lines, edition=common_edition(), template="call-out-off", incident_id=incident_id,
                       by=by, at=at)  # fmt: skip
    CallOut.objects.bulk_update(made, ["closed_at"])
    return made


@service("calls.ask_again", door=False)
def ask_again(*, by: Actor, at: datetime) -> int:
    """Ask the silent of every call-out again whose time has come. Harmless twice. Gives how many were asked."""
    live = CallOut.objects.filter(closed_at=None, meet_at__gt=at)
    n = 0
    for made in live.order_by("id"):
        due = at - timedelta(minutes=made.repeat_minutes)
        silent = Answer.objects.select_for_update(skip_locked=True).filter(
            call_out=made, state="", asked_at__lte=due, tries__lte=made.repeats)  # fmt: skip
        rows = list(silent.order_by("id"))
        Answer.objects.filter(id__in=[r.id for r in rows]).update(asked_at=at, tries=F("tries") + 1)
        for r in rows:
            r.tries += 1
        _ask(made, rows, by, at)
        n += len(rows)
    return n
