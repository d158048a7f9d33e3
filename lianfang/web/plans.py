"""Plans: what comes again for whom, who is meant and has none, one plan with its rhythm and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext, gettext_noop, ngettext
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Refused
from lianfang.base.numerals import whole_in
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.areas.queries import ancestor_at, area
from lianfang.domains.editions.queries import kind, kinds_by_name
from lianfang.domains.places.queries import goals_around
from lianfang.domains.responders.queries import people_listed
from lianfang.domains.work.errors import PlanUnfit
from lianfang.domains.work.models import Plan
from lianfang.domains.work.queries import door_label, unit_labels
from lianfang.domains.work.queries import plans as queries
from lianfang.domains.work.rules import planned_values
from lianfang.domains.work.services import Rhythm, assign_planned, change_plan, end_plan, make_plan
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.incidents import response_in
from lianfang.web.kind_forms import KindForm, filled, form_of, shown_value
from lianfang.web.messages import sentence
from lianfang.web.rides import BRINGS
from lianfang.web.words import said
from lianfang.web.work import row_of, unit_asked

Body = Mapping[str, Any]
WEEKDAYS = (gettext_noop("Monday"), gettext_noop("Tuesday"), gettext_noop("Wednesday"), gettext_noop("Thursday"),
            gettext_noop("Friday"), gettext_noop("Saturday"), gettext_noop("Sunday"))  # fmt: skip
ENDS = {
    "until": gettext_noop("its last day is over"),
    "incident": gettext_noop("the response has ended"),
    "whole": gettext_noop("what it was a part of has ended"),
}


def rhythm_words(p: Plan) -> str:
    """When a plan comes again, in words."""
    if p.weekdays:
        return gettext(", ").join(gettext(WEEKDAYS[d - 1]) for d in p.weekdays)
    if p.every_days:
        return ngettext("every day", "every %(n)s days", p.every_days) % {"n": p.every_days}
    return gettext("on the day that is said each time")


def _row(p: Plan, tasks: Mapping[UUID, Any], labels: Mapping[UUID, str], today: date) -> dict[str, Any]:
    task = tasks.get(p.id)
    body = kind(p.kind)
    return {"p": p, "kind": said(body["words"]), "unit": labels.get(p.unit_id, p.title) if p.unit_id else p.title,
            "rhythm": rhythm_words(p), "task": row_of(task, {}) if task else None,
            "late": p.next_on is not None and p.next_on < today, "skills": body.get("skills", []),
            "unknown": p.next_on is None and (task is None or task.is_closed)}  # fmt: skip


@signed_in
def plans(request: HttpRequest) -> HttpResponse:
    """What comes again in my areas, due first; of one kind also those it is meant for who have no plan."""
    by, at, asked = actor_of(request), clock.now(), request.GET
    require(by, "work.read")
    place, today = uuid_in(asked.get("area")) or home_id(by), localtime(at).date()
    body = kinds_by_name().get(asked.get("kind", ""))
    zoned = asked.get("zones") == "1"
    rows = queries.plans_listed(place, by=by, kind_name=body["kind"] if body else "", in_zones=zoned)
    labels, tasks = unit_labels(rows, by=by, at=at), queries.tasks_of(rows)
    none = queries.without_plan(body["kind"], place, on=today, by=by, at=at, in_zones=zoned) if body else []
    meant = [n for n, b in kinds_by_name().items() if b.get("plan")]  # those whom they are meant for are listed there
    names = dict.fromkeys([*queries.counts_of_plans(place, by=by), *meant, *([body["kind"]] if body else [])])
    context = {"area": area(place), "rows": [_row(p, tasks, labels, today) for p in rows], "body": body,
               "none": [{"id": s.person_id, "name": n, "door": door_label(s.household) if s.household else ""}
                        for s, n in none], "kinds": [(n, said(kind(n)["words"])) for n in names], "zoned": zoned,
               "owners": _owners(body, place, by, at), "leads": may(by, "work.lead", area_id=place),
               "opens": may(by, "work.open", area_id=place)}  # fmt: skip
    return page(request, "work/plans.html", context)


def _owners(body: Body | None, area_id: UUID, by: Actor, at: datetime) -> list[tuple[UUID, str]]:
    """Who may be named: for a kind that asks for a skill those of the county who have it, verified; else oneself."""
    if body is None or not body.get("skills"):
        return [(by.id, gettext("me"))]
    county = ancestor_at(area_id, "county")
    found = people_listed(county.id if county else area_id, by=by, at=at, skill=body["skills"][0])
    return [(r.id, r.account.label) for r in found]


def _date(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise PlanUnfit(field=field, fix="YYYY-MM-DD") from None


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        raise PlanUnfit(field="at_time", fix="HH:MM") from None


def _rhythm(sent: QueryDict) -> Rhythm:
    """The rhythm a form says: of its three ways the chosen one counts."""
    how = sent.get("how", "")
    days = [d for d in map(whole_in, sent.getlist("weekday")) if d] if how == "weekdays" else []
    return Rhythm(next_on=_date(sent.get("next_on", ""), "next_on"), weekdays=days,
                  every_days=whole_in(sent.get("every_days", "")) if how == "every" else None,
                  at_time=_time(sent.get("at_time", "")), until_on=_date(sent.get("until_on", ""), "until_on"),
                  lead_days=whole_in(sent.get("lead_days", "")))  # fmt: skip


def _form(body: Body, area_id: UUID) -> KindForm:
    """The form of a kind's opening, without the fields that the plan fills in itself; of a ride also where it goes."""
    where = (body.get("ride") or {}).get("where")
    also = {where: list(dict.fromkeys(p.name for p in goals_around(area_id, BRINGS)))} if where else {}
    form, clause = form_of(body, "open", said(body["words"]), {}, also=also), body.get("plan") or {}
    own = {clause.get("days"), clause.get("date"), *clause.get("late", {})}
    form.needed = [e for e in form.needed if e.name not in own]
    form.more = [e for e in form.more if e.name not in own]
    return form


@signed_in
def new(request: HttpRequest, kind_name: str) -> HttpResponse:
    """Say for whom something comes again and in which rhythm; what the kind asks is asked once, now."""
    by, at, body = actor_of(request), clock.now(), kind(kind_name)
    unit = unit_asked(request, body, by)
    require(by, "work.open", area_id=unit["area_id"])
    form, wrong = _form(body, unit["area_id"]), {}
    if request.method == "POST":
        form = filled(form, body, request.POST, planned_values(body, {}, left=0))
        if not form.errors:
            try:
                made = _made(request, body, unit, form)
                return redirect(reverse("plan", args=[made.id]) + "?said=work.plan_made")
            except Refused as refused:
                wrong = {"said": sentence(refused.code, refused.values), "code": refused.code, "status": refused.status}
    status = wrong.get("status", 422 if form.errors else 200)
    answer = page(request, "work/plan_new.html", {"body": body, "form": form, "unit": unit, "typed": request.POST,
                  "days": _days(request.POST.getlist("weekday")), "owners": _owners(body, unit["area_id"], by, at),
                  **wrong}, status=status)  # fmt: skip
    answer.is_refusal = bool(wrong)  # type: ignore[attr-defined]  # the door's own mark: nothing of it is kept
    return answer


def _days(chosen: Sequence[Any]) -> list[dict[str, Any]]:
    picked = {str(c) for c in chosen}
    return [{"n": n + 1, "words": gettext(w), "is_chosen": str(n + 1) in picked} for n, w in enumerate(WEEKDAYS)]


def _made(request: HttpRequest, body: Body, unit: Mapping[str, Any], form: KindForm) -> Plan:
    by, at, sent = actor_of(request), clock.now(), request.POST
    about = body["unit"] if unit["id"] else "none"
    return make_plan(plan_id=new_id(request), kind_name=body["kind"], area_id=unit["area_id"], unit_kind=about,
                     unit_id=unit["id"], values=form.values, rhythm=_rhythm(sent), owner_id=uuid_in(sent.get("owner")),
                     incident_id=response_in(request, unit["area_id"]), parent_id=uuid_in(sent.get("parent")), by=by,
                     at=at)  # fmt: skip


@signed_in
def plan(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """One plan: for whom, when next, what it takes along; what came of it; another rhythm, another owner, its end."""
    by, at = actor_of(request), clock.now()
    p = queries.plan_seen(plan_id, by=by)
    body, today = kind(p.kind), localtime(at).date()
    values = queries.plan_values(p, by=by)
    fields = [f for f in body.get("fields", []) if values.get(f["name"]) not in ("", None)]
    came = queries.items_of_plan(p)
    context = {"row": _row(p, queries.tasks_of([p]), unit_labels([p], by=by, at=at, whole=True), today), "p": p,
               "body": body, "came": [row_of(i, {}) for i in came], "days": _days(p.weekdays),
               "values": [(said(f["words"]), shown_value(body, f["name"], values[f["name"]]),
                           f.get("personal", "none") != "none") for f in fields],
               "how": "weekdays" if p.weekdays else "every" if p.every_days else "once",
               "opens": may(by, "work.open", area_id=p.area_id, incident_id=p.incident_id),
               "leads": may(by, "work.lead", area_id=p.area_id, incident_id=p.incident_id),
               "owners": _owners(body, p.area_id, by, at), "fault": sentence(p.fault, {}) if p.fault else None,
               "why": gettext(ENDS[p.why]) if p.why in ENDS else p.why}  # fmt: skip
    return page(request, "work/plan.html", context)


def _to(plan_id: UUID, code: str) -> HttpResponse:
    return redirect(reverse("plan", args=[plan_id]) + f"?said=work.{code}")


@require_POST
@signed_in
def change(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Another rhythm, another day, somebody else."""
    sent = request.POST
    change_plan(plan_id=plan_id, rhythm=_rhythm(sent), owner_id=uuid_in(sent.get("owner")), by=actor_of(request),
                at=clock.now())  # fmt: skip
    return _to(plan_id, "plan_changed")


@require_POST
@signed_in
def assign(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Somebody is named, and the next task is his now."""
    owner = uuid_in(request.POST.get("owner"))
    if owner is None:
        raise PlanUnfit(field="owner", fix="…")
    assign_planned(plan_id=plan_id, owner_id=owner, by=actor_of(request), at=clock.now())
    return _to(plan_id, "plan_assigned")


@require_POST
@signed_in
def end(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """It comes no more."""
    end_plan(plan_id=plan_id, why=request.POST.get("why", ""), by=actor_of(request), at=clock.now())
    return _to(plan_id, "plan_ended")
