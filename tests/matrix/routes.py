"""Every address of the site with ids of the attacked committee, and what its forms send."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, reverse

from lianfang.base.suites import suite_of
from lianfang.field.urls import urlpatterns as field_urls
from lianfang.web.urls import urlpatterns as web_urls
from tests.factories.alerts import alert, code_area, info
from tests.matrix.marks import name_of, number_of, word
from tests.matrix.stock import TUBE
from tests.matrix.town import Marked, Side

# Arguments of addresses: which row of the attacked committee each names; with the route, where one name has two uses.
ARGUMENTS = {
    "message_id": "message", "item_id": "item", "building_id": "building", "household_id": "household",
    "file_id": "file", "vouching_id": "vouching", "account_id": "account", "incident_id": "incident",
    "hold_id": "hold", "destruction_id": "destruction", "place_id": "place", "stay_id": "stay", "person_id": "person",
    "sheet_id": "sheet", "signal_id": "signal", "measure_id": "measure", "version_id": "zone",
    "decision_id": "decision", "call_id": "call", "shift_id": "shift", "claim_id": "claim", "producer_id": "producer",
    "trace_id": "trace", "case_id": "case", "round_id": "round", "envelope_id": "envelope",
    "place-count place_id": "shop", "place-recount place_id": "shop", "place-ready place_id": "shop",
    "place-readiness place_id": "shop", "legal-hold-lift hold_id": "legal_hold",
    "results-refused file_id": "lab_file", "glass_id": "glass", "link_id": "office_link",
    "warning_id": "warning", "weather-answer item_id": "check", "weather-resume item_id": "check",
    "office token": "office_token", "program_id": "program", "area_id": "area",
    "skill_id": "skill", "team_id": "team", "member_id": "member", "offer_id": "offer", "mission_id": "mission",
    "call_out_id": "call_out", "record_id": "record", "record-shown token": "record_token",
    "calendar-feed token": "feed_token", "plea_id": "plea", "permit_id": "permit", "crossing_id": "crossing",
    "closure_id": "closure",
    "ride_id": "ride", "trip_id": "trip", "vehicle_id": "vehicle", "drive-step ride_id": "driven",
    "work-ask-over item_id": "own_item", "work-put-back item_id": "own_item", "transfer_id": "transfer",
    "dispute-give item_id": "dispute", "worry-answer item_id": "worry",
    "exam-car item_id": "candidate", "exam-room item_id": "candidate", "exam-step item_id": "candidate",
    "stranded-need item_id": "stranded", "pupils-carer item_id": "group", "pupils-courier item_id": "group",
    "pupils-meal item_id": "group", "stranded-enrol item_id": "stranded", "stranded-leave item_id": "freed",
    "work-run item_id": "run", "work-run-note item_id": "run", "work-run-back item_id": "run", "plan_id": "plan",
    "page_code": "page_code", "print_id": "print", "duty_id": "duty", "swap_id": "swap", "roster-end call_id": "post",
}  # fmt: skip
KEY = suite_of("world").new_signing_key()
WORDS = {
    "kind_name": "returnee-check", "published kind_name": "estate-award", "published-map kind_name": "estate-award",
    "link": "forged",  # of a plea: the link itself is the key, and only its asker has it
    "work-new kind_name": "door-survey", "work-run-new kind_name": "gas-card-topup",
    "plan-new kind_name": "medical-trip",
    "card-shown token": "LF2",
    "flag": "elder-alone", "code": "cn-covid-8", "pk": 1,
    "portal": "city",
}  # fmt: skip
WHOLE = os.environ.get("LIANFANG_MATRIX", "") == "whole"  # everybody asks everything: a quarter of an hour
# Pages of signing in, of one's own password and factors: about nobody but who is signed in.
CLOSED = {r.name for r in web_urls if str(r.name).startswith(("account_", "mfa_"))} | {
    "sign-in",
    "sign-out",
    "password",
    "portal-go",
    "portal-back",
}
# Open to whoever comes: signing in, what is published, what an empty phone loads.
OPEN = {"language", "card-shown", "record-shown", "calendar-feed",
        "log-head", "log-head-file", "sign-in", "account_login", "published",
        "published-map", "field", "field-worker", "calls-worker", "sampler", "join", "office", "field-badge",
        "join-ask", "join-state", "ask", "asked", "asked-say",
        "field-challenge", "field-enter", "portal-go", "portal-back"}  # fmt: skip
# What whoever comes may leave behind, without an account and from any area: a plea is taken in whoever asks.
FOR_ANYBODY = {"ask"}
# Doors that judge many notes or presses in one transaction; each is attacked by a file of its own.
BATCHED = {"field-envelopes": "test_envelopes", "calls-rush": "test_rush"}
# Forms that nobody inside could send with these words, so that a refusal proves less: a closed list, with reasons.
UNPROVED = {
    **dict.fromkeys(("trace", "zone-new", "zone-what-if", "work-export", "field-quarantine", "language",
                     "record-shown", "gate"), "only shows"),
    **dict.fromkeys(("glass", "glass-review", "office", "office-ask", "search"), "tried by tests of their own"),
    **dict.fromkeys(("join-ask", "join-state", "field-challenge", "field-code"), "a phone's own key or code; no form"),
    "account-portal": "no portal is configured",
    "certificate-witness": "the certificate is not signed", "claim-absent": "the shift has not begun",
    "claim-allow": "nobody asks for an exception", "claim-leave": "the shift has not begun",
    "duty-proof": "no proof is asked for", "call-hours": "nobody has served yet", "claim-say": "nobody has served yet",
    "calls-shops-confirm": "nobody has served yet",
    "record-make": "nobody has served yet", "record-file": "a body's own head", "destroy": "the incident is open",
    "mission-call": "not offered yet", "mission-step": "not shared out yet", "mission-word": "nobody is away",
    "mine-appeal": "asked already",
    "swap-ask": "the colleague is asked already", "team-join": "who may is in it already",
    "plea-reopen": "not done yet", "fleet-clean": "nothing to disinfect",
    "trips-propose": "only shows", "trips-replan": "only shows", "tours-propose": "only shows", "paper": "only shows",
    "tour-end": "nothing is his to bring", "asked-say": "a stranger without the link has no form",
    "field-settle": "the own refused notes", "field-quarantine-settle": "the note waits on, refused by its service",
    "register-rows": "the file is not taken yet", "round-people": "no body is asked", "round-plan": "adopted already",
    "round-station": "no test site is free", "round-step": "people are left", "shift-settle": "the shift has not ended",
    "trace-again": "nothing new is known", "trace-step": "not confirmed yet", "visits": "no file of this shape",
    "vouch-code": "the phone is not in yet", "work-spot": "not drawn",
}  # fmt: skip


MORE_ITEMS = ("call_item", "own_item", "counsel", "dispute", "worry")
FURTHER = {"work-item": [("item_id", i) for i in MORE_ITEMS], "place": [("place_id", "shop")]}


@dataclass(frozen=True)
class Route:
    """One address: its name, its pattern, whether it only takes forms."""

    name: str
    pattern: URLPattern
    is_field: bool

    def address(self, side: Side) -> str:
        """Filled with ids of a committee. Raises KeyError for an argument of which no example is given."""
        return reverse(self.name, kwargs={a: self._value(a, side) for a in self.pattern.pattern.converters})

    def addresses(self, side: Side) -> list[str]:
        """The same, with further rows where one does not show all that such a page may hold."""
        more = [{argument: side.ids[row]} for argument, row in FURTHER.get(self.name, ())]
        return [self.address(side), *(reverse(self.name, kwargs=m) for m in more)]

    def _value(self, argument: str, side: Side) -> Any:
        named = f"{self.name} {argument}"
        if named in WORDS or argument in WORDS:
            return WORDS.get(named, WORDS.get(argument))
        what = ARGUMENTS.get(named) or ARGUMENTS[argument]
        own = {"building": side.building, "household": side.household, "person": side.people[0], "area": side.area_id}
        return own.get(what) or side.ids.get(what) or side.ids[what]


def takes_forms(r: Route) -> bool:
    """Whether an address does something else with a form than it does when opened, as far as its source says."""
    view: Any = r.pattern.callback
    text = inspect.getsource(inspect.getmodule(inspect.unwrap(view)) if r.is_field else inspect.unwrap(view))
    return any(w in text for w in ("POST", "FILES", "require_post", "method"))


def routes() -> Iterator[Route]:
    """All addresses, as the site has them."""
    for is_field, patterns in ((False, web_urls), (True, field_urls)):
        for p in patterns:
            assert isinstance(p, URLPattern) and p.name, p
            yield Route(p.name, p, is_field)


def questions(t: Marked, side: str) -> list[dict[str, Any]]:
    """What is asked in addresses: nothing; the area; everything that names a row of the committee."""
    s = t.sides[side]
    rows = {k: str(s.ids[k]) for k in ("incident", "zone", "round", "contact", "account", "file") if k in s.ids}
    every = rows | {"area": s.area_id, "unit": s.household, "door": s.household, "building": s.building,
                    "person": s.people[0], "tab": "people", "show": "close", "home": "", "from": "",
                    "post": ""}  # fmt: skip
    return [{}, {"area": s.area_id}, every]


SEARCHES = {  # addresses that look for somebody by words
    "register": [{"q": name_of("A1", 0)}, {"q": "1740"}], "place-admit": [{"q": name_of("A1", 0)}],
    "trace-new": [{"q": name_of("A1", 0)}], "accounts": [{"q": "grid"}],
    "sheet": [{"figure": f} for f in ("register.lives", "holds.persons", "work.returnee-check.open")],
    "work": [{"kind": "returnee-check", "closed": "1"}, {"text": word("A1", "task")}],
    "marked": [{"on": "2026-06-01"}], "map": [{"tab": "people"}], "building": [{"door": "x"}],
    "round-paper": [{"missed": "1"}],
}  # fmt: skip


def _every_name(t: Marked, side: str) -> dict[str, Any]:
    """The names that forms have, filled with rows of the committee."""
    s, ids = t.sides[side], t.sides[side].ids
    later = (t.at + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    return {
        "id": str(uuid4()), "area": str(s.area_id), "unit": str(s.household), "door": str(s.household),
        "building": str(s.building), "buildings": str(s.building), "doors": str(s.household),
        "incident": str(ids["incident"]), "account": str(ids["account"]), "person": str(s.people[0]),
        "device": str(ids["device"]), "badge": str(ids["badge"]), "contact": str(ids["contact"]),
        "desk": str(ids.get("desk", "")), "station": str(ids.get("station", "")), "body": str(ids["body"]),
        "name": "新名", "name_en": "New", "reason": "r", "why": "because", "note": "n", "says": "grant", "role":
        "volunteer", "kind": "other", "code": "123456", "phone": "13911110000", "how": "left", "answer": "taken",
        "until": later, "from": later, "days": "1", "places": "5", "format": "csv", "sex": "f",
        "birth_date": "1990-01-01", "id_number": "", "presence": "lives", "flag": "pregnant", "to": "located",
        "state": "closed", "level": "grid", "do": "apply", "all": "leave", "difference": "new", "take": "",
        "shown": t.at.isoformat(), "percent": "50", "opens_on": t.at.date().isoformat(), "change": "1", "inside": "3",
        "class": "plea", "sure": "1", "holder": "court", "paper": "1", "paper_number": "1", "title": "t",
        "persons": "100", "year": "2025", "source": "census", "about": "phone", "right": "13911112222",
        "phase": "closed", "mode": "routine", "issuer": "city", "zh": "停", "en": "Stop", "on": t.at.date().isoformat(),
        "capacity": "20", "hours": "20", "output": "5", "stock": "1", "product": "口罩", "admitted": "0",
        "discharged": "0", "moved": "0", "died": "0", "active": "1", "celsius": "36.5", "found": "agrees",
        "is_home": "1", "present": str(ids["claim"]), "username": f"n{uuid4().hex[:8]}", "label": "新", "grant": "",
        "value": "1", "move": "no-answer", "waits": "1", "q": name_of(side, 0), "text": "x", "next": "/",
        "language": "en", "desks": "1", "people": "2", "areas": str(s.area_id), "onset": later,
    }  # fmt: skip


def form_of(t: Marked, side: str, route: Route) -> dict[str, Any]:
    """A plausible form: the names that forms have, and a route's own."""
    own = OWN.get(route.name)
    return _every_name(t, side) | (own(t, t.sides[side]) if own else {})


def _lab(t: Marked, s: Side) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("r.csv", f"管号,结果\n{TUBE},阴性\n".encode())}


def _register(t: Marked, s: Side) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("b.csv", "姓名,身份证号,电话,住址\n甲乙,44020319800102011,,9-1-1\n".encode())}


def _candidates() -> SimpleUploadedFile:
    who = f"{name_of('A1', 1)},{number_of('A1', 1)}"
    return SimpleUploadedFile(
        "k.csv", f"姓名,身份证号,考点,考试日期,开考时间\n{who},考场 A1,2030-06-07,09:00\n".encode()
    )


def _alert(t: Marked, s: Side) -> dict[str, Any]:
    data = alert(t.at, info(t.at, [code_area("990101001001")]), identifier=uuid4().hex)
    return {"file": SimpleUploadedFile("a.xml", data)}


def _person(n: int) -> Any:
    return lambda t, s: {"unit": str(s.people[n]), "says": "away hospital"}


def _when(t: Marked) -> dict[str, Any]:
    begins, ends = ((t.at + timedelta(hours=h)).strftime("%Y-%m-%dT%H:%M") for h in (12, 30))
    return {"meet": begins, "from": begins, "until": ends, "minutes": "5", "repeats": "1"}


def _soon(t: Marked) -> str:
    return (t.at + timedelta(days=9)).date().isoformat()


# What a route's form says otherwise than the rest.
OWN: dict[str, Any] = {
    "paper": lambda t, s: {"code": str(s.ids["page_code"])},
    "paper-make": lambda t, s: {"kind": "door-survey", "round": ""},
    "paper-type": lambda t, s: {"writer": str(s.ids["account"]), f"row-{s.ids['item']}": "no-answer"},
    "door-knock": lambda t, s: {"ended": "no-answer", "way": "phone", "about": "other", "night": "x"},
    "results": _lab, "register-import": _register, "round-note": _person(0), "round-home": _person(1),
    "round-people": lambda t, s: {}, "incident-level": lambda t, s: {"level": "level-1", "effective_at": ""},
    "trace-new": lambda t, s: {"person": str(s.people[2])},
    "place-change": lambda t, s: {"level": "", "n-bed": "9"}, "trace-decide": lambda t, s: {"says": "close"},
    "place-admit": lambda t, s: {"class": "bed", "person": str(s.people[2]), "until": ""},
    "answers-put": lambda t, s: {"role": "grid-worker"}, "answers-end": lambda t, s: {"role": "grid-worker",
    "account": str(t.place.accounts["grid"].id)},
    "place-new": lambda t, s: {"kind": "shop", "level": "", "n-person": "5", "lon": "113.6", "lat": "24.8"},
    "places-open": lambda t, s: {"kind": "shop"}, "zone-draft": lambda t, s: {"kind": "sealed"},
    "sheet-judge": lambda t, s: {"do": "accept", "area": ""}, "edition-override": lambda t, s: {
        "name": "fever_alert_celsius", "value": "37.4"},
    "program-new": lambda t, s: {"scopes": ["areas.read"], "until": (t.at + timedelta(days=5)).date().isoformat(),
                                 "body": ""}, "program-secret": lambda t, s: {"hours": "1"},
                                 "program-key": lambda t, s: {"suite": "world", "key": KEY.public.hex()},
    "round-step": lambda t, s: {"state": "close-sampling"}, "marked-round": lambda t, s: {"kind": "welfare-visit"},
    "weather-new": lambda t, s: {"warning": "rainstorm yellow"}, "weather-import": _alert,
    "weather-answer": lambda t, s: {"choice": "pause"},
    "measure-take": lambda t, s: {"name": "masks", "until_at": ""}, "results-refused": lambda t, s: {},
    "call-new": lambda t, s: {"task": "registration", "inside": "", "from": "08:00", "until": "12:00", "opens": "",
                              "asked": "", "on": (t.at + timedelta(days=2)).date().isoformat()},
    "account-grant": lambda t, s: {"until": "", "incident": ""},
    "account-portal-end": lambda t, s: {"portal": "city"}, "account-end": lambda t, s: {"grant": str(s.ids["grant"])},
    "mine-appeal": lambda t, s: {"says": "不对"}, "vouch-begin": lambda t, s: {"until": "23:50"},
    "legal-hold": lambda t, s: {"until": "2099-01-01"}, "round-new": lambda t, s: {"kind": "mass-test",
        "until": (t.at + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")},
    "signal-new": lambda t, s: {"class": "case confirmed", "edition": "cn-covid-8", "area": "沙洲社区居委会",
                                "building": "", "count": "1", "source": "x"},
    "register-settle": lambda t, s: {"do": "refuse"}, "field-quarantine-settle": lambda t, s: {"how": "take"},
    "roster-posts": lambda t, s: {"names": "新岗", "task": "registration", "hours": "8", "from": "08:00", "until": "",
                                  "shape": "clock", "first_day": "", "last_day": ""},
    "shift-move": lambda t, s: _when(t), "thanks": lambda t, s: {"to": "社区", "words": "谢谢"},
    "roster-adopt": lambda t, s: {"pick": f"{s.ids['shift']} {s.ids['responder']}"},
    "roster-move": lambda t, s: {"shift": str(s.ids["shift"])}, "roster-end": lambda t, s: {"until": ""},
    "roster-put": lambda t, s: {"shift": str(s.ids["shift"]), "person": str(s.ids["responder"]), "why": "x"},
    "roster-free": lambda t, s: {"why": "x"}, "roster-roles": lambda t, s: {"role1": "clinician", "heads1": "1"},
    "people-wishes": lambda t, s: {"days_off": "2099-01-01", "no_nights": "1"},
    "matches-adopt": lambda t, s: {"pick": f"{s.ids['shift']} {s.ids['responder']}"},
    "swap-ask": lambda t, s: {"to": str(s.ids["colleague"])}, "swap-answer": lambda t, s: {"says": "no"},
    "call-out-new": lambda t, s: _when(t) | {"words": "集合", "needed": "1", "people": ""},
    "call-out-note": lambda t, s: {"people": str(s.ids["account"]), "says": "coming"},
    "called-answer": lambda t, s: {"says": "coming"},
    "phone-book-put": lambda t, s: _when(t) | {"role": "volunteer", "position": "5"},
    "people-post": lambda t, s: _when(t) | {"people": str(s.ids["account"])},
    "closed-step": lambda t, s: {"postings": str(s.ids["posting"]), "step": "in"},
    "mission-quotas": lambda t, s: {f"staff.{s.ids['body']}": "3"},
    "mission-ask": lambda t, s: _when(t) | {"own": str(s.area_id), "other": "东街道", "way": "we-send",
                                            "task": "sampling"},
    "offer-new": lambda t, s: _when(t) | {"person": ""}, "offer-answer": lambda t, s: {"says": "declined"},
    "team-step": lambda t, s: {"state": "deployed"}, "team-lead": lambda t, s: {"role": "deputy"},
    "team-form": lambda t, s: {"names": "新队", "kind": "squad", "basis": "area"},
    "team-put": lambda t, s: {"people": str(s.ids["account"]), "role": ""},
    "team-move": lambda t, s: {"people": str(s.ids["account"]), "group": str(s.ids["part"])},
    "team-note": lambda t, s: {"words": "x", "kind": "log"}, "member-decide": lambda t, s: {"says": "in"},
    "people-keep": lambda t, s: {"kind": "student", "home": str(s.area_id), "days": ""},
    "person-skill": lambda t, s: {"skill": "suit", "evidence": "x", "until": ""},
    "person-fitness": lambda t, s: {"state": "off", "until": ""},
    "person-insured": lambda t, s: {"says": "yes", "until": "2099-01-01"},
    "person-standing": lambda t, s: {"standing": "applied"}, "skill-judge": lambda t, s: {"says": "yes"},
    "people-dependants": lambda t, s: {"dependants": "x", "needs": "1"},
    "assembly": lambda t, s: {f"celsius-{s.ids['mates_claim']}": "36.5"},
    "shift-team": lambda t, s: {"team": str(s.ids["team"])}, "duty-note": lambda t, s: {"kind": "kit"},
    "duty-stop": lambda t, s: {"signs": "x", "until": ""},
    "response-ask": lambda t, s: {"to": str(t.place.area["city"]), "words": "缺人"},
    "call-plan": lambda t, s: {"words": "连线"},
    "shift-shop": lambda t, s: {"shop": str(s.ids["body"])},
    "shift-jobs": lambda t, s: {"job": "cashier", "claims": str(s.ids["claim"])},
    "calls-shops-confirm": lambda t, s: {"claims": str(s.ids["claim"])},
    "place-readiness": lambda t, s: {"stream": "control"},
    "place-ready": lambda t, s: {"items": str(s.ids["ready_item"])},
    "permit-new": lambda t, s: _when(t) | {"kind": "vehicle", "purpose": "x", "where": "x", "mode": "car", "person": "",
                                           "deadline": ""}, "permit-review": lambda t, s: {"permit": "",
    "passage": str(s.ids["release"]), "finding": "x"}, "gate": lambda t, s: {"pass": "1"},
    "convoy-new": lambda t, s: _when(t) | {
        "goods": "x", "where": "x", "vehicles": "1", "plates": "", "why": "x", "gate": "x",
        "gate_area": str(t.place.area["district"]), "due": _when(t)["until"]},
    "road-close": lambda t, s: {"road": "x", "kind": "fence", "why": "x", "spot": "113.6, 24.8",
                                "area": str(s.area_id), "from": _when(t)["from"]}
    | dict.fromkeys(("to", "until", "key", "guard"), ""),
    "road-open": lambda t, s: {"why": "x"},
    "convoy-pass": lambda t, s: {"vehicles": "2"}, "convoy-delay": lambda t, s: {"why": "road", "words": "x"},
    "gate-pass": lambda t, s: {"permit": str(s.ids["permit"]), "way": "out"},
    "ride-new": lambda t, s: _when(t) | {"kind": "medical", "person": str(s.people[2]), "end": "x", "arrive": "",
                                         "back": "", "goal": "", "path": "", "colour": "", "plea": "", "item": "",
                                         "flag": "fever"},
    "trip-adopt": lambda t, s: {"vehicle": str(s.ids["vehicle"]), "driver": str(s.ids["account"]), "starts":
                                (t.at + timedelta(hours=8)).isoformat(), "stop": [
        f"{s.ids['ride']}|{w}|{(t.at + timedelta(hours=h)).isoformat()}" for w, h in (("in", 9), ("out", 10))]},
    "tour-end": lambda t, s: {"carrier": str(s.ids["account"]), "area": str(s.area_id)},
    "tour-adopt": lambda t, s: {"carrier": str(s.ids["account"]), "stop": [
        f"{s.ids['portion']}|{(t.at + timedelta(hours=1)).isoformat()}"]},
    "trips-replan-adopt": lambda t, s: {"why": "x", "off": str(s.ids["trip"]), "trip":
        f"1|{s.ids['vehicle']}|{s.ids['account']}|{(t.at + timedelta(hours=8)).isoformat()}", "stop": [
        f"1|{s.ids['ride']}|{w}|{(t.at + timedelta(hours=h)).isoformat()}" for w, h in (("in", 9), ("out", 10))]},
    "fleet-add": lambda t, s: {"kind": "van", "plate": "x", "until": "", "from": "", "body": ""},
    "fleet-crew": lambda t, s: {"account": str(t.place.accounts["lead"].id), "ends": "", "role": "escort",
                                "protection": "1"} | {k: v for k, v in _when(t).items() if k in ("from", "until")},
    "own-car": lambda t, s: {"kind": "car", "plate": "x", "until": ""}, "drive-step": lambda t, s: {"step": "load"},
    "ride-goal": lambda t, s: {"goal": "", "end": "x"},
    "ride-confirm": lambda t, s: {"side": "ours"}, "drive-log": lambda t, s: {"km": "9", "fuel": "1"},
    "line": lambda t, s: {"topic": "sleep", "risk": "low", "next_hours": "2"},
    "disputes": lambda t, s: {"what": "吵架", "door": ""}, "dispute-give": lambda t, s: {
        "mediator": str(t.place.accounts["lead"].id)},
    "worries": lambda t, s: {"topic": "other", "worry": "low", "words": "几点"},
    "worry-answer": lambda t, s: {"answer": str(s.ids["answer"])},
    "answer-draft": lambda t, s: {"topic": "other", "question": "几点", "answer": "九点"},
    "pairing-adopt": lambda t, s: {f"class-{s.ids['class']}": str(s.ids["account"])},
    "plea-new": lambda t, s: {"channel": "phone", "kind": "", "danger": "", "words": "缺药", "take": "1", "block": "",
                              "deadline": ""}, "plea-weigh": lambda t, s: {"kind": "food", "danger": "life",
    "deadline": ""}, "plea-end": lambda t, s: {"end": "elsewhere", "rating": ""},
    "plea-route": lambda t, s: {"kind": "food"}, "plea-join": lambda t, s: {"first": str(s.ids["other_plea"])},
    "plea-place": lambda t, s: {"person": "", "door": "", "area": str(t.place.area["committee3"])},
    "exam-car": lambda t, s: {"from": _when(t)["from"], "back": "", "escort": "x"},
    "exam-room": lambda t, s: {"place": str(s.ids["exam_room"])},
    "exam-step": lambda t, s: {"move": "drop", "f-reason": "x"},
    "exams-list": lambda t, s: {"exam": "高考", "file": _candidates()},
    "pupils-carer": lambda t, s: {"owner": str(s.ids["account"])},
    "pupils-courier": lambda t, s: {"what": "卷子", "items": "2", "from": "学校", "to": "班长"},
    "pupils-meal": lambda t, s: {"what": "午餐", "at": "12:00", "people": "3"},
    "stranded-need": lambda t, s: {"words": "缺药"},
    "ask": lambda t, s: {"kind": "food", "words": "缺菜", "at": "990101001001"},
    "work-run-new": lambda t, s: _when(t) | {"item": str(s.ids["card"]), "where": "x", "closes": _when(t)["until"]},
    "work-run-note": lambda t, s: {f"{s.ids['run_card'].hex}-f-card": "K1"},
    "plan-new": lambda t, s: {"how": "every", "every_days": "3", "next_on": _soon(t), "unit": str(s.people[0]),
                              "f-what": "透析", "owner": "", "until_on": "", "lead_days": "", "at_time": "",
                              "incident": ""},
    "plan-change": lambda t, s: {"how": "once", "next_on": _soon(t), "owner": "", "until_on": "", "lead_days": "",
                                 "at_time": ""}, "plan-assign": lambda t, s: {"owner": str(s.ids["account"])},
    "round-found": lambda t, s: {"name": "新来"}, "place-recount": lambda t, s: {"inside": "4"},
}  # fmt: skip


def batch_of(t: Marked, post: Any, notes: list[tuple[str, dict[str, Any]]]) -> str:
    """An upload of a phone nobody took in: notes of kinds, made by a post."""
    made = [{"id": str(uuid4()), "kind": kind, "made_at": t.at.isoformat(), "seq": n + 1,
             "actor": str(post.account.id) if post else str(uuid4()), "body": body}
            for n, (kind, body) in enumerate(notes)]  # fmt: skip
    return json.dumps({"device": str(uuid4()), "sent_at": t.at.isoformat(), "envelopes": made})
