"""Before dialling or knocking: all that is due of a household on one list, who asked what today, and the word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Refused
from lianfang.domains.accounts.queries import may
from lianfang.domains.editions.queries import common_edition, kind, kinds_by_name, values_of
from lianfang.domains.grid.models import Household
from lianfang.domains.grid.queries import answerers_of, household_seen, members_of, spoken_word
from lianfang.domains.holds.queries import holds_behind
from lianfang.domains.needs.queries import pleas_at
from lianfang.domains.rounds.models import Unit
from lianfang.domains.rounds.queries import kind_of, units_at
from lianfang.domains.watch.models import WatchCase
from lianfang.domains.watch.queries import cases_about, checks_since
from lianfang.domains.watch.rules import slot_ends
from lianfang.domains.work.models import Item, Move, Plan
from lianfang.domains.work.queries import door_label
from lianfang.domains.work.queries.asking import (
    Asked,
    about_of,
    again_reasons,
    asked_at,
    due_about,
    moves_today,
    since_when,
)
from lianfang.domains.work.queries.asking import questions as questions_asked
from lianfang.domains.work.queries.plans import plans_about
from lianfang.domains.work.rules import field_of, state_of
from lianfang.domains.work.rules.asking import KNOCK, is_at_night
from lianfang.domains.work.services import Knock, note_knock
from lianfang.web.door import actor_of, new_id, page, signed_in
from lianfang.web.messages import sentence
from lianfang.web.needs import plea_row
from lianfang.web.roster import person_look, person_state
from lianfang.web.words import said, titled

BESIDE = {"rounds": gettext_noop("testing round"), "watch": gettext_noop("health check"),
          "needs": gettext_noop("what they asked for"), "other": gettext_noop("something else")}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One thing due of a household: what, for whom, until when, where its ending is noted."""

    token: str  # what a knock says of it: a kind of work, or rounds, watch, needs
    words: str
    who: str
    address: str
    state: str = ""
    look: str = "todo"
    until: datetime | None = None
    until_on: Any = None
    owner: str = ""
    asked: Asked | None = None
    is_free: bool = False  # a task that nobody holds
    is_ordered: bool = False  # a routine or plan has opened it: it is asked however often that orders


@dataclass(frozen=True)
class Seen:
    """One contact with a household today: when, which way or what, how it ended, by which post."""

    at: datetime
    words: str
    state: str
    look: str
    who: str
    back_at: str = ""  # when they asked to come back


@signed_in
def due(request: HttpRequest, household_id: UUID) -> HttpResponse:
    """One list before a knock or a call, who asked what today, and the form that notes how it ended."""
    return _shown(request, household_id, request.GET)


def _shown(request: HttpRequest, household_id: UUID, typed: QueryDict, wrong: Refused | None = None) -> HttpResponse:
    by, at = actor_of(request), clock.now()
    door = household_seen(household_id, by=by, at=at)
    names = {m["id"]: m for m in members_of(door, by=by, at=at)}
    day = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    known = {
        "door": door.id,
        "units": units_at(door, by=by, since=day),
        "pleas": pleas_at(door.id, list(names), by=by, since=day),
    }
    lines = _lines(door, names, known, by, at)
    calls = may(by, "work.do", area_id=door.area_id)
    context = {"door": door, "label": door_label(door), "lines": lines, "typed": typed, "calls": calls,
               "today": _today(names, known, day, by, at), "people": list(names.values()),
               "holds": holds_behind(door.building_id, list(names), at=at)}  # fmt: skip
    context |= _form(door, lines, typed, at) | {"free": sum(x.is_free for x in lines)}
    if calls or may(by, "needs.take", area_id=door.area_id):
        context["word"] = spoken_word(door.id, localtime(at).date())
    if wrong is None:
        return page(request, "register/knock.html", context)
    answer = page(request, "register/knock.html", context | {"said": sentence(wrong.code, wrong.values),
                                                             "code": wrong.code}, status=wrong.status)  # fmt: skip
    answer.is_refusal = True  # type: ignore[attr-defined]  # the door's own mark: nothing of it is kept
    return answer


def _form(door: Household, lines: Sequence[Line], typed: QueryDict, at: datetime) -> dict[str, Any]:
    """What the form offers: what of the list is ticked, the choices of a knock's kind, whether it is night."""
    body = kind(KNOCK)
    hours = values_of(common_edition(), ["knock_hours"], area_id=door.area_id, at=at)["knock_hours"]
    ticked = typed.getlist("about") if "ended" in typed else [x.token for x in lines if x.asked is None]
    tokens = {x.token: x for x in lines}
    return {
        "abouts": [(t, _token_words(t), t in ticked, x.asked) for t, x in tokens.items()]
        + [("other", gettext(BESIDE["other"]), "other" in ticked, None)],
        "entries": _choices(body, "entry"),
        "reasons": [(r["value"], said(r)) for r in again_reasons()],
        "asked_before": any(x.asked for x in lines),
        "night": is_at_night(localtime(at), hours),
        "way": typed.get("way") if typed.get("way") in ("door", "phone") else "door",
    }


def _choices(body: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    return [(c["value"], said(c)) for c in (field_of(body, name) or {})["choices"]]


def _token_words(token: str) -> str:
    return gettext(BESIDE[token]) if token in BESIDE else said(kinds_by_name().get(token, {}).get("words", token))


def _lines(door: Household, names: Mapping[UUID, Any], known: Mapping[str, Any], by: Actor, at: datetime) -> list[Line]:
    """Everything due, what is due first first; what has no time comes last."""
    units = [door.id, *names]
    items = due_about(units, by=by)
    open_now = {(i.kind, i.unit_id) for i in items}
    plans = [p for p in plans_about(units, by=by, until=localtime(at).date()) if (p.kind, p.unit_id) not in open_now]
    found = [*(_item_line(i, names) for i in items), *(_plan_line(p, names) for p in plans),
             *_unit_lines([u for u in known["units"] if not u.ending and u.round.state == "open"], names),
             *(_case_line(c, names, at) for c in cases_about(list(names), by=by, at=at)),
             *(_plea_line(p) for p in known["pleas"] if p.state != "ended")]  # fmt: skip
    before = asked_at([door.id], door.area_id, since=since_when(door.area_id, at=at)) if _reads(door, by) else {}
    last = {b.asking.question: b for b in before.get(door.id, [])}
    ask = questions_asked()
    marked = [replace(x, asked=last.get(ask[x.token]["name"])) if x.token in ask and not x.is_ordered else x
              for x in found]  # fmt: skip
    return sorted(marked, key=lambda x: (x.until is None, x.until or at))


def _reads(door: Household, by: Actor) -> bool:
    return may(by, "work.read", area_id=door.area_id)


def _name(unit_id: UUID | None, names: Mapping[UUID, Any]) -> str:
    return names[unit_id]["name"] if unit_id in names else gettext("the household")


def _item_line(i: Item, names: Mapping[UUID, Any]) -> Line:
    body = kind(i.kind, i.version)
    state = state_of(body, i.state)
    words = " · ".join(w for w in (said(body["words"]), titled(i)) if w)
    return Line(i.kind, words, _name(i.unit_id, names), reverse("work-item", args=[i.id]), said(state["words"]),
                state["tone"], i.due_at, owner=getattr(i, "owner_label", "") or "",
                is_free=i.owner_id is None, is_ordered=bool(i.routine))  # fmt: skip


def _plan_line(p: Plan, names: Mapping[UUID, Any]) -> Line:
    return Line(p.kind, said(kind(p.kind)["words"]), _name(p.unit_id, names), reverse("plan", args=[p.id]),
                gettext("comes again"), until_on=p.next_on, owner=getattr(p, "owner_label", "") or "")  # fmt: skip


def _unit_lines(units: Sequence[Unit], names: Mapping[UUID, Any]) -> list[Line]:
    """One line a round and state: who of the household is left in it."""
    alike: dict[tuple[UUID, str], list[Unit]] = {}
    for u in units:
        alike.setdefault((u.round_id, person_state(u, kind_of(u.round.edition, u.round.kind))), []).append(u)
    return [_unit_line(some, state, names) for (_, state), some in alike.items()]


def _unit_line(units: Sequence[Unit], state: str, names: Mapping[UUID, Any]) -> Line:
    u, r = units[0], units[0].round
    body = kind_of(r.edition, r.kind)
    where = f"?area={u.area_id}&building={u.building_id}&door={u.household_id}"
    words = gettext("%(kind)s, round %(n)s") % {"kind": said(body["words"]), "n": r.number}
    who = gettext(", ").join(_name(x.unit_id, names) for x in units)
    return Line("rounds", words, who, reverse("roster", args=[r.id]) + where, state, person_look(u, body), r.ends_at)


def _case_line(c: WatchCase, names: Mapping[UUID, Any], at: datetime) -> Line:
    done = bool(getattr(c, "is_done_now", False))
    state = gettext("checked for now") if done else gettext("to be checked")
    return Line("watch", gettext("Health check"), _name(c.person_id, names), reverse("watch-case", args=[c.id]), state,
                "done" if done else "todo", slot_ends(at, c.checks_a_day))  # fmt: skip


def _plea_line(p: Any) -> Line:
    row = plea_row(p)
    words = gettext("Call back: №%(n)s %(kind)s") % {"n": p.number, "kind": row["kind"]}
    return Line("needs", words, gettext("the household"), reverse("plea", args=[p.id]), row["state"], row["look"],
                p.next_at, owner=row["who"])  # fmt: skip


def _today(names: Mapping[UUID, Any], known: Mapping[str, Any], day: datetime, by: Actor, at: datetime) -> list[Seen]:
    """Every contact of today that the reader may see, newest first, whichever mechanism noted it."""
    seen = [_move_seen(m, names) for m in moves_today([known["door"], *names], by=by, at=at)]
    seen += [_unit_seen(u, names) for u in known["units"] if max(u.ended_at or day, u.tried_at or day) > day]
    checked = ((c, _name(c.case.person_id, names)) for c in checks_since(list(names), day, by=by))
    seen += [Seen(c.at, f"{gettext('Health check')} · {who}", gettext("checked"), "done", getattr(c, "who", "") or "")
             for c, who in checked]  # fmt: skip
    rows = ((p, plea_row(p)) for p in known["pleas"] if p.received_at >= day)
    asks = gettext("They asked us: №%(n)s %(kind)s")
    seen += [Seen(p.received_at, asks % {"n": p.number, "kind": r["kind"]}, r["state"], r["look"],
                  getattr(p, "taker", "") or "") for p, r in rows]  # fmt: skip
    return sorted(seen, key=lambda s: s.at, reverse=True)


def _move_seen(m: Move, names: Mapping[UUID, Any]) -> Seen:
    body = kind(m.item.kind, m.item.version)
    state = state_of(body, m.to_state)
    words = f"{said(body['words'])} · {_name(m.item.unit_id, names)}"
    if m.item.kind == KNOCK:
        way = next((said(c) for c in (field_of(body, "way") or {})["choices"] if c["value"] == m.told.get("way")), "")
        words = " · ".join((way, *(_token_words(t) for t in about_of(m.item))))
    back = m.told.get("back_at", "") if m.item.kind == KNOCK else ""
    return Seen(m.at, words, " ".join(w for w in (said(state["words"]), back) if w), state["tone"],
                getattr(m, "who", "") or "", back)  # fmt: skip


def _unit_seen(u: Unit, names: Mapping[UUID, Any]) -> Seen:
    body = kind_of(u.round.edition, u.round.kind)
    at = max(t for t in (u.ended_at, u.tried_at) if t)
    words = f"{said(body['words'])} · {_name(u.unit_id, names)}"
    return Seen(at, words, person_state(u, body), person_look(u, body), getattr(u, "who", "") or "")


def _values(sent: QueryDict, ended: str, met: str) -> dict[str, Any]:
    """What the form says of a knock, as far as it is asked at that ending and by that way."""
    values: dict[str, Any] = {n: sent.get(n, "").strip() for n in ("way", "again", "night") if sent.get(n, "").strip()}
    if values.get("way") == "door" and ended in ("answered", "refused"):
        values["badge"] = "badge" in sent
    if ended == "answered":
        values["met"] = met
        if values.get("way") == "door":
            entry = sent.get("entry", "")
            values |= {"inside": bool(entry), **({"entry": entry} if entry else {})}
            values |= {"paper": sent["paper"].strip()} if sent.get("paper", "").strip() else {}
    if ended == "later":
        values["back_at"] = sent.get("back_at", "")
    return values


def _abouts(sent: QueryDict) -> Iterable[str]:
    return dict.fromkeys(sent.getlist("about"))


@require_POST
@signed_in
def knock(request: HttpRequest, household_id: UUID) -> HttpResponse:
    """Note how a knock or a call ended; what cannot be taken comes back with all that was chosen."""
    sent = request.POST
    household_seen(household_id, by=actor_of(request), at=clock.now())
    ended, _, met = sent.get("ended", "").partition(" ")
    noted = Knock(new_id(request), household_id, ended, tuple(_abouts(sent)), _values(sent, ended, met))
    try:
        note_knock(knock=noted, by=actor_of(request), at=clock.now())
    except Refused as wrong:
        return _shown(request, household_id, sent, wrong)
    return redirect(f"{reverse('door-due', args=[household_id])}?said=work.knocked")


def call_first(household_id: UUID, area_id: UUID, at: datetime) -> dict[str, Any]:
    """For the resident's own page: the word that a caller reads to him first, and whom to ring if he cannot."""
    numbers = [a for a in answerers_of(area_id, at=at, household_id=household_id) if a.phone]
    return {"word": spoken_word(household_id, localtime(at).date()), "numbers": numbers[:2]}
