"""The form by which a call is posted: what is open already, whom it asks, what was typed kept when it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from lianfang.base import clock
from lianfang.base.errors import Invalid, Refused
from lianfang.domains.accounts.queries import require, rights_on
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import family_of
from lianfang.domains.calls import queries
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.calls.services import NewShift, NewWave, post_call
from lianfang.domains.incidents.queries import responses_over
from lianfang.domains.places.queries import places_in
from lianfang.web.call_board import call_row
from lianfang.web.call_outs import MOST_SITES, audience_choices, audience_in, site_in
from lianfang.web.crews import roles_in, typed_roles
from lianfang.web.door import actor_of, new_id, page, signed_in, uuid_in
from lianfang.web.incidents import response_in
from lianfang.web.map import path_to
from lianfang.web.messages import sentence
from lianfang.web.people import named_of
from lianfang.web.places import today, typed_day, whole
from lianfang.web.words import said

MOST_DAYS = 14
TURNS, WAVES = ("", "_2", "_3"), ("", "_2")  # so many turns of a day and later waves the form has rows for


def _typed_waves(request: HttpRequest, opens: datetime, audience: dict[str, Any]) -> list[NewWave]:
    """The waves of the form: whom it asks first with a share of the places; later more of them, then everybody."""
    sent = request.POST
    rows = [(sent.get(f"later{n}", "").strip(), sent.get(f"percent{n}", "").strip()) for n in WAVES]
    rows = [(later, percent or "50") for later, percent in rows if later]
    opened, out = opens, list[NewWave]()
    for later, percent in rows:
        out.append(NewWave(opened, audience, whole(percent, field="percent")))
        opened += timedelta(minutes=whole(later, field="waves"))
    return [*out, NewWave(opened, {}, 100)] if out else []


def _typed_time(text: str, *, field: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise Invalid(field=field, fix="HH:MM") from None


def _typed_shifts(request: HttpRequest, call_id: UUID) -> list[NewShift]:
    """The turns of the form on its day and the days after it; one that ends before it begins ends the next day."""
    sent = request.POST
    first, days = typed_day(sent.get("on", ""), today()), whole(sent.get("days", "1"), field="day")
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(field="day", fix=f"1–{MOST_DAYS}")
    turns = [n for n in TURNS if not n or any(sent.get(f"{name}{n}", "").strip() for name in ("from", "until"))]
    return [_typed_shift(request, call_id, first + timedelta(days=d), n) for d in range(days) for n in turns]


def _typed_shift(request: HttpRequest, call_id: UUID, on: date, turn: str) -> NewShift:
    sent = request.POST
    begins, ends = (_typed_time(sent.get(f"{name}{turn}", ""), field=name) for name in ("from", "until"))
    places_ = whole(sent.get(f"places{turn}", ""), field="places")
    last = on if ends > begins else on + timedelta(days=1)
    return NewShift(uuid5(call_id, on.isoformat() + turn), datetime.combine(on, begins, LOCAL),
                    datetime.combine(last, ends, LOCAL), places_)  # fmt: skip


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Post a call: what is open already comes first, then the form with how many people it would reach.

    What cannot be taken comes back in the form as it was typed, with what is wrong beside it.
    """
    by = actor_of(request)
    path = path_to(request, by)
    require(by, "calls.post", area_id=path[-1].id)
    if request.method != "POST" or "count" in request.POST:
        return page(request, "calls/new.html", _form(request, path))
    try:
        return _posted(request, path[-1])
    except Refused as wrong:
        context = _form(request, path) | {"said": sentence(wrong.code, wrong.values), "code": wrong.code}
        answer = page(request, "calls/new.html", context, status=wrong.status)
        answer.is_refusal = True  # type: ignore[attr-defined]  # the door's own mark: nothing of it is kept
        return answer


def _form(request: HttpRequest, path: Sequence[Area]) -> dict[str, Any]:
    """What the form offers, filled with what was typed, or what the address that led here says."""
    by, at, area = actor_of(request), clock.now(), path[-1]
    typed = request.POST or request.GET
    reach_id = uuid_in(typed.get("asked")) or queries.default_reach(area.id)
    asked = next((a for a in path if a.id == reach_id), area)
    begins = at.astimezone(LOCAL) + timedelta(hours=1)
    tasks, task = queries.task_kinds(), typed.get("task", "")
    similar = [call_row(c, at) for c in queries.similar_calls(area.id, by=by, at=at)]
    below = family_of(area.id).children if area.level != "committee" else []
    rows = {"turns": [_row(typed, n, "from", "until", "places") for n in TURNS[1:]],
            "later_waves": [_row(typed, n, "percent", "later") for n in WAVES]}  # fmt: skip
    lists = ("people", "skills", "teams", "bodies", "homes", "needs")
    return {"area": area, "similar": sorted(similar, key=lambda r: r["call"].task != task), "asked": asked,
            "tasks": [{"name": n, "body": b, "words": said(b["words"])} for n, b in tasks.items()], "task": task,
            "reach": len(queries.accounts_reached(asked.id, audience_in(request), at=at)), "above": path,
            "may_tell": "messages.send" in rights_on(by, path[: path.index(asked) + 1]),
            "responses": responses_over(area.id), "sites": list(places_in(area.id, by=by)[:MOST_SITES]),
            "typed": typed, "role_rows": typed_roles(typed), "chosen": {n: typed.getlist(n) for n in lists},
            "day": begins.date(), "hour": f"{begins:%H:00}", "inside_kinds": named_of("inside_kinds"),
            **rows, "joint_levels": [*(a for a in path if a.id != area.id), *below],
            **audience_choices(area.id, request)}  # fmt: skip


def _row(typed: QueryDict, n: str, *names: str) -> dict[str, str]:
    """A row of the form that has others like it: the ending of its names, and what was typed under each."""
    return {"n": n, **{name: typed.get(name + n, "") for name in names}}


def _typed_moment(text: str, *, field: str) -> datetime | None:
    """A day and time as typed; none where nothing was."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=LOCAL) if text.strip() else None
    except ValueError:
        raise Invalid(field=field, fix="YYYY-MM-DD HH:MM") from None


def _posted(request: HttpRequest, area: Area) -> HttpResponse:
    sent, call_id = request.POST, new_id(request)
    task, at, audience = queries.task_kinds().get(sent.get("task", ""), {}), clock.now(), audience_in(request)
    opens = _typed_moment(sent.get("opens", ""), field="from")
    title = {"zh": sent.get("title", "").strip()[:60], "en": sent.get("title_en", "").strip()[:60]}
    words = dict(task.get("words", {}))
    if title["zh"] or title["en"]:
        words = {k: v or title["zh"] or title["en"] for k, v in title.items()}
    made = post_call(call_id=call_id, area_id=area.id, incident_id=response_in(request, area.id),
                     task=sent.get("task", ""), title=words,
                     shifts=_typed_shifts(request, call_id), where=sent.get("where", ""),
                     place_id=site_in(sent.get("site"), actor_of(request)),
                     asked_area_id=uuid_in(sent.get("asked")), opens_at=opens,
                     closes_at=_typed_moment(sent.get("closes", ""), field="until"), audience=audience,
                     issuer_id=uuid_in(sent.get("issuer")), tells=sent.get("tells") == "1",
                     joint_area_id=uuid_in(sent.get("joint")), decision_id=uuid_in(sent.get("decision")),
                     skills=sent.getlist("needs"), roles=roles_in(request),
                     cover=sent.get("cover", ""), inside=sent.get("inside", ""),
                     waves=_typed_waves(request, opens or at, audience), fills_id=uuid_in(sent.get("fills")),
                     by=actor_of(request), at=at)  # fmt: skip
    return redirect(reverse("call", args=[made.id]) + "?said=calls.posted")
