"""What else lies in the attacked committee, so that every address has something to point at."""

from __future__ import annotations

from datetime import time, timedelta
from decimal import Decimal
from uuid import UUID, uuid4, uuid5

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account, RoleGrant
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.accounts.services import bind_portal
from lianfang.domains.calls.queries import feed_of, record_text
from lianfang.domains.calls.rules import Turn
from lianfang.domains.calls.services import (
    Ask,
    NewPost,
    NewShift,
    Presence,
    ask_swap,
    call_out,
    check_in,
    claim_shifts,
    confirm_turnout,
    make_record,
    open_posts,
    plan_work,
    post_call,
    renew_feed,
)
from lianfang.domains.decisions.queries import link_token
from lianfang.domains.decisions.services import issue_link
from lianfang.domains.devices.services import issue_badge
from lianfang.domains.dispatch.services import NewRide, add_vehicle, adopt_trip, ask_rides, put_crew
from lianfang.domains.gates.models import Permit
from lianfang.domains.gates.services import (
    NewClosure,
    announce_convoy,
    apply_permit,
    close_road,
    decide_permit,
    release,
)
from lianfang.domains.incidents.services import MeasureText, WarningText, report_signal, set_measure
from lianfang.domains.needs.services import NewPlea, draft_answer, log_worry, record_call, record_dispute, take_in
from lianfang.domains.places.models import ReadyItem
from lianfang.domains.places.services import begin_stay, lay_readiness, register_place, set_state, tick_readiness
from lianfang.domains.privacy.models import BrokenGlass, Destruction
from lianfang.domains.privacy.services import break_glass, place_legal_hold
from lianfang.domains.reports.services import send_sheet
from lianfang.domains.responders.models import Member
from lianfang.domains.responders.services import (
    NewPosting,
    NewResponder,
    ask_mission,
    form_team,
    note_for_team,
    offer_help,
    post_people,
    put_in_team,
    put_on_duty,
    register_organisation,
    register_responders,
    state_fitness,
    state_skill,
)
from lianfang.domains.rounds.models import Desk
from lianfang.domains.rounds.services import print_round_pages
from lianfang.domains.sampling.models import LabFile, Sample, Tube
from lianfang.domains.sampling.services import Scan, take_scans
from lianfang.domains.supplies.services import register_producer
from lianfang.domains.tracing.models import Contact
from lianfang.domains.work.models import Item, PrintedPage
from lianfang.domains.work.rules import CHECK
from lianfang.domains.work.services import (
    NewItem,
    Note,
    Rhythm,
    make_move,
    make_plan,
    note_check,
    open_items,
    print_pages,
    start_run,
)
from lianfang.flows.trace_case import trace_case
from lianfang.flows.weather import warn
from lianfang.web.words import local
from tests.factories.programs import program_in
from tests.factories.rounds import round_in
from tests.matrix.marks import Mark, word
from tests.matrix.town import Marked

TUBE = "SG-0001"


def stocked(t: Marked) -> Marked:
    """Fill the committee that is attacked, and the neighbour's where lists could mix them."""
    for side in t.sides:
        for fill in (_places, _calls, _paper, _supplies, _trace, _serving, _records, _pleas, _permits, _hearts,
                     _errands, _trips, _stranded, _exams):  # fmt: skip
            fill(t, side)
    _round(t)
    _measures(t)
    _storm(t)
    _programs(t)
    # The glass is broken for everybody: what a search shows is then a matter of rights and walls alone.
    for p in t.posts.values():
        BrokenGlass.objects.create(id=uuid4(), actor_id=p.account.id, area_id=t.sides["A1"].area_id, from_at=t.at,
                                   until_at=t.at + timedelta(days=2), finding="fit")  # fmt: skip
    return t


def _hearts(t: Marked, side: str) -> None:
    """A call of the line, a dispute, a worry, an approved answer and a class; only the house wrote them."""
    s, by = t.sides[side], t.place.system
    ids = {n: uuid4() for n in ("counsel", "dispute", "worry", "answer", "class")}
    about = {"area_id": s.area_id, "by": by, "at": t.at}
    record_call(item_id=ids["counsel"], incident_id=None, topic="fear", risk="low", next_hours=2, called="", phone="",
                words=t.mark(side, "counsel", s.people[0]), **about)  # fmt: skip
    record_dispute(item_id=ids["dispute"], household_id=None, incident_id=None, parties="", phone="",
                   what=t.mark(side, "dispute", s.people[0]), **about)  # fmt: skip
    log_worry(item_id=ids["worry"], incident_id=None, topic="other", worry="low", phone="",
              words=t.mark(side, "worry", s.people[0]), **about)  # fmt: skip
    draft_answer(item_id=ids["answer"], topic="other", question="几点", answer="九点", **about)
    command = t.place.actor("neighbour" if side == "B1" else "command")
    make_move(note=Note(uuid4(), ids["answer"], "approve", command, t.at), by=command, at=t.at)
    register_place(place_id=ids["class"], kind="school-class", name="一班", name_en="", capacity={"student": 40},
                   lon=None, lat=None, incident_id=None, **about)  # fmt: skip
    s.ids |= ids


def _pleas(t: Marked, side: str) -> None:
    """Two pleas of a door, one of which is accepted."""
    s, by = t.sides[side], t.place.system
    pair = [NewPlea(uuid4(), "phone", words, by, t.at, phone="13911110000", household_id=s.household)
            for words in (t.mark(side, "plea", s.people[0]), "煤气用完了")]  # fmt: skip
    assert [o.code for o in take_in(pleas=pair, by=by, at=t.at)] == ["", ""]
    s.ids |= {"plea": pair[0].id, "other_plea": pair[1].id}


def _errands(t: Marked, side: str) -> None:
    """Two gas cards to top up, one of which is on somebody's errand; a plan of trips three times a week."""
    s, by = t.sides[side], t.place.system
    cards = [NewItem(uuid4(), s.area_id, "household", s.household, values={"amount": 100, "phone": "13911110000"})
             for _ in range(2)]  # fmt: skip
    open_items(kind_name="gas-card-topup", items=cards, area_id=s.area_id, incident_id=None, by=by, at=t.at)
    portion = NewItem(uuid4(), s.area_id, "household", s.household)
    open_items(kind_name="delivery", items=[portion], area_id=s.area_id, incident_id=None, by=by, at=t.at)
    s.ids["portion"] = portion.id
    run = start_run(run_id=uuid4(), item_ids=[cards[1].id], area_id=s.area_id, where="x",
                    closes_at=t.at + timedelta(hours=9), by=by, at=t.at)  # fmt: skip
    words = {"what": t.mark(side, "plan", s.people[0])}
    kept = make_plan(plan_id=uuid4(), kind_name="medical-trip", area_id=s.area_id, unit_kind="person",
                     unit_id=s.people[0], values=words, rhythm=Rhythm(weekdays=(1, 3, 5)), owner_id=None,
                     incident_id=None, parent_id=None, by=by, at=t.at)  # fmt: skip
    print_id = print_pages(print_id=uuid4(), area_id=s.area_id, kind_name="door-survey", row_ids=[s.ids["item"]], by=by,
                           at=t.at)  # fmt: skip
    s.ids |= {"print": print_id, "page_code": PrintedPage.objects.get(print_id=print_id).code}
    s.ids |= {"plan": kept.id, "card": cards[0].id, "run_card": cards[1].id, "run": run.id}


def _stranded(t: Marked, side: str) -> None:
    """Two who cannot go home, one of whom would help and one is free to leave; and a group of pupils."""
    s, by = t.sides[side], t.place.system
    ids = {n: uuid4() for n in ("stranded", "freed")}
    said = {"home_place": t.mark(side, "stranded"), "since": "2026-06-01", "phone": "13911110000", "name": "过客"}
    new = [NewItem(i, s.area_id, values=said | {"wish_to_help": True}) for i in ids.values()]
    open_items(kind_name="stranded-person", items=new, area_id=s.area_id, incident_id=None, by=by, at=t.at)
    make_move(note=Note(uuid4(), ids["freed"], "ready", by, t.at, values={"onward": "自驾"}), by=by, at=t.at)
    pupils = {"school": "市一中", "heads": 13, "where": t.mark(side, "pupils"), "phone": "13911110001"}
    ids["group"] = uuid4()
    open_items(kind_name="stranded-group", items=[NewItem(ids["group"], s.area_id, values=pupils)], area_id=s.area_id,
               incident_id=None, by=by, at=t.at)  # fmt: skip
    s.ids |= ids


def _exams(t: Marked, side: str) -> None:
    """An exam room that is open, and a candidate whose home came to lie in a zone."""
    s, by = t.sides[side], t.place.system
    made = register_place(place_id=uuid4(), kind="exam-room", name=f"考场 {side}", name_en="", area_id=s.area_id,
                          capacity={"isolated": 2}, lon=None, lat=None, incident_id=None, by=by, at=t.at)  # fmt: skip
    set_state(place_id=made.id, state="open", by=by, at=t.at)
    new = NewItem(uuid4(), s.area_id, "person", s.people[0],
                  values={"point": made.name, "day": "2030-06-07", "starts": "09:00"})  # fmt: skip
    open_items(kind_name="exam-candidate", items=[new], area_id=s.area_id, incident_id=None, by=by, at=t.at)
    make_move(note=Note(uuid4(), new.id, "find", by, t.at), by=by, at=t.at)
    s.ids |= {"candidate": new.id, "exam_room": made.id}


def _permits(t: Marked, side: str) -> None:
    """A vehicle's pass that waits for the street, one of the fast lane that was granted, and somebody let out."""
    s, by, hour = t.sides[side], t.place.system, timedelta(hours=1)

    def asks(*, is_fast: bool, purpose: str) -> UUID:
        made = apply_permit(permit_id=uuid4(), kind="vehicle", person_id=None, account_id=None, plea_id=None,
                            area_id=s.area_id, purpose=purpose, where="x", plate="", mode="car", from_at=t.at - hour,
                            until_at=t.at + 40 * hour, deadline_at=None, is_fast=is_fast, fast_why="x",
                            incident_id=None, by=by, at=t.at)  # fmt: skip
        return made.id

    s.ids |= {"permit": asks(is_fast=False, purpose=t.mark(side, "permit")), "fast": asks(is_fast=True, purpose="急")}
    fast, command = Permit.objects.get(id=s.ids["fast"]), t.place.actor("neighbour" if side == "B1" else "command")
    decide_permit(decision_id=fast.decision_id, says="grant", reason="", by=command, at=t.at)
    gates = [(s.area_id, f"北门 {side}", t.at - 0.7 * hour), (s.area_id, "南门", t.at + 2 * hour)]
    convoy = announce_convoy(permit_id=uuid4(), area_id=s.area_id, goods=t.mark(side, "convoy"), where="x", plates="",
                             vehicles=2, from_at=t.at - hour, until_at=t.at + 40 * hour, gates=gates, why="x",
                             incident_id=None, by=by, at=t.at)  # fmt: skip
    decide_permit(decision_id=uuid5(convoy.id, "decision"), says="grant", reason="", by=command, at=t.at)
    s.ids |= {"convoy": convoy.id, "crossing": uuid5(convoy.id, "gate 0")}
    out = release(passage_id=uuid4(), words=t.mark(side, "release"), place_id=None, area_id=s.area_id, incident_id=None,
                  by=by, at=t.at)  # fmt: skip
    s.ids["release"] = out.id
    closed = close_road(closure=NewClosure(uuid4(), s.area_id, "x", "fence", "x", t.at), by=by, at=t.at)
    s.ids["closure"] = closed.id


def _trips(t: Marked, side: str) -> None:
    """A vehicle with a driver, somebody who waits for a car, and a trip that is planned."""
    s, by, hour = t.sides[side], t.place.system, timedelta(hours=1)
    driver = next(p.name for p in t.posts.values() if p.account.id == s.ids["account"])
    plate = t.mark(side, "plate", None, (driver,))  # everybody on a trip must know the car on the street
    made = add_vehicle(vehicle_id=uuid4(), kind="van", plate=plate, phone="", organisation_id=None,
                       area_id=s.area_id, places={}, groups=[], lon=None, lat=None, from_at=t.at - hour, until_at=None,
                       by=by, at=t.at)  # fmt: skip
    turn = put_crew(turn_id=uuid4(), vehicle_id=made.id, account_id=s.ids["account"], role="driver", protection=2,
                    from_at=t.at - hour, until_at=t.at + 20 * hour, by=by, at=t.at)  # fmt: skip
    said = ((s.people[0], t.mark(side, "ride", s.people[0])), (s.people[1], "复查"))
    waits, goes = (NewRide(uuid4(), "medical", by, t.at, t.at + 3 * hour, person_id=p, end="市一医院", words=words)
                   for p, words in said)  # fmt: skip
    assert [o.code for o in ask_rides(rides=[waits, goes], by=by, at=t.at)] == ["", ""]
    stops = [(goes.id, "in", t.at + 3 * hour), (goes.id, "out", t.at + 4 * hour)]
    trip = adopt_trip(trip_id=uuid4(), vehicle_id=made.id, driver_id=s.ids["account"], starts_at=t.at + 2 * hour,
                      stops=stops, why={}, by=by, at=t.at)  # fmt: skip
    s.ids |= {"vehicle": made.id, "turn": turn.id, "ride": waits.id, "driven": goes.id, "trip": trip.id}


def _places(t: Marked, side: str) -> None:
    s, by = t.sides[side], t.place.system
    for name, kind, size in (("shop", "shop", {"person": 20}), ("place", "hospital-ward", {"bed": 8})):
        made = register_place(place_id=uuid4(), kind=kind, name=f"{kind} {side}", name_en="", area_id=s.area_id,
                              capacity=size, lon=113.6, lat=24.8, incident_id=None, by=by, at=t.at)  # fmt: skip
        set_state(place_id=made.id, state="open", by=by, at=t.at)
        s.ids[name] = made.id
    lay_readiness(place_id=s.ids["shop"], stream="supply", by=by, at=t.at)
    listed = ReadyItem.objects.filter(place_id=s.ids["shop"])
    s.ids["ready_item"] = listed.get(is_mandatory=False).id
    must = list(listed.filter(is_mandatory=True).values_list("id", flat=True))
    tick_readiness(place_id=s.ids["shop"], item_ids=must, by=by, at=t.at)
    stay = begin_stay(stay_id=uuid4(), place_id=s.ids["place"], capacity_class="bed", person_id=s.people[1],
                      until_at=None, by=by, at=t.at)  # fmt: skip
    s.ids["stay"] = stay.id


def _calls(t: Marked, side: str) -> None:
    s, by, hour = t.sides[side], t.place.system, timedelta(hours=1)
    shifts = [
        NewShift(uuid4(), t.at + hour, t.at + 5 * hour, 3),
        NewShift(uuid4(), t.at + 6 * hour, t.at + 9 * hour, 3),
    ]
    call = post_call(call_id=uuid4(), area_id=s.area_id, task="registration",
                     title={"zh": "登记", "en": "Registration"}, shifts=shifts, asked_area_id=s.area_id, by=by,
                     at=t.at)  # fmt: skip
    volunteer = next(p for p in t.posts.values() if p.role == "volunteer" and p.sides == frozenset({side}))
    ask = Ask(uuid4(), shifts[0].id, volunteer.account.id, t.at, t.actor(volunteer.name))
    assert claim_shifts(asks=[ask], by=by, at=t.at)[0].code == ""
    line = uuid4()
    plan_work(line_id=line, call_id=call.id, on=t.at.date(), words="x", by=by, at=t.at)
    s.ids |= {
        "plan_line": line,
        "call": call.id,
        "shift": shifts[1].id,
        "claim": ask.id,
        "account": volunteer.account.id,
    }
    s.ids["grant"] = RoleGrant.objects.get(account_id=volunteer.account.id).id
    badge = issue_badge(badge_id=uuid4(), account_id=volunteer.account.id, area_id=s.area_id, pin="482913",
                        until_at=t.at + 9 * hour, by=by, at=t.at)  # fmt: skip
    s.ids["badge"] = badge.id
    bind_portal(binding_id=uuid4(), account_id=volunteer.account.id, portal="city", subject=f"{side:0>64}", by=by,
                at=t.at)  # fmt: skip


def _serving(t: Marked, side: str) -> None:
    """Somebody who serves, with what only who keeps the register may read; a team, an offer, a mission, a call-out."""
    s, by, hour = t.sides[side], t.place.system, timedelta(hours=1)
    post = next(p for p in t.posts.values() if p.role == "volunteer" and p.sides == frozenset({side}))
    account, own = s.ids["account"], frozenset({post.name})
    words = {sort: word(side, sort) for sort in ("responder", "evidence", "teamlog", "fitness")}
    done = register_responders(
        entries=[NewResponder(account, "student", s.area_id, words["responder"])], by=by, at=t.at
    )
    assert done[0].code == "", done
    skill = state_skill(skill_id=uuid4(), responder_id=account, skill="swab", evidence=words["evidence"],
                        valid_until=None, by=by, at=t.at)  # fmt: skip
    state_fitness(fitness_id=uuid4(), responder_id=account, state="fit", limits=[], why=words["fitness"], until_at=None,
                  by=by, at=t.at)  # fmt: skip
    team = form_team(team_id=uuid4(), name=f"队 {side}", name_en="", kind="squad", organisation_id=None,
                     area_id=s.area_id, people=0, by=by, at=t.at)  # fmt: skip
    put_in_team(team_id=team.id, responder_ids=[account], role="", by=by, at=t.at)
    part = form_team(team_id=uuid4(), name=f"组 {side}", name_en="", kind="squad", organisation_id=None,
                     area_id=s.area_id, people=0, parent_id=team.id, by=by, at=t.at)  # fmt: skip
    note_for_team(note_id=uuid4(), team_id=team.id, kind="log", words=words["teamlog"], phone="", by=by, at=t.at)
    lead = t.posts["committee-lead-inside"].account.id if "committee-lead-inside" in t.posts else account
    asks = next(p for p in t.posts.values() if p.account.id != account and side in p.sides)
    register_responders(entries=[NewResponder(asks.account.id, "member", s.area_id)], by=by, at=t.at)
    applied = Member.objects.create(id=uuid4(), team=team, responder_id=asks.account.id, state="applied", asked_at=t.at)
    offer = offer_help(offer_id=uuid4(), area_id=s.area_id, from_at=t.at + 20 * hour, until_at=t.at + 40 * hour,
                       words="x", by=t.actor(post.name), at=t.at, responder_id=account)  # fmt: skip
    other = t.place.area["street2"]
    mission = ask_mission(mission_id=uuid4(), sender_area_id=s.area_id, receiver_area_id=other, task="sampling",
                          title={"zh": "支援"}, people=1, from_at=t.at, until_at=t.at + 40 * hour, by=by,
                          at=t.at)  # fmt: skip
    posting = NewPosting(uuid4(), account, s.area_id, t.at, t.at + 90 * hour, zone_id=uuid4())
    post_people(postings=[posting], by=by, at=t.at)
    out = call_out(call_out_id=uuid4(), area_id=s.area_id, account_ids=[account, lead], words={"zh": "集合"}, where="x",
                   needed=1, meet_at=t.at + 9 * hour, repeat_minutes=9, repeats=1, by=by, at=t.at)  # fmt: skip
    duty = put_on_duty(duty_id=uuid4(), role="volunteer", area_id=s.area_id, account_id=account, position=0, by=by,
                       at=t.at)  # fmt: skip
    s.ids |= {"duty": duty.id, "skill": skill.id,
              "team": team.id, "part": part.id, "member": applied.id, "offer": offer.id,
              "mission": mission.id, "posting": posting.id, "call_out": out.id, "responder": account}  # fmt: skip
    _rostered(t, side)
    for sort, text in words.items():
        t.marks.append(Mark(text, side, sort, told=own))


def _records(t: Marked, side: str) -> None:
    """A turn that the volunteer has served, a record of it, and the address of his calendar."""
    s, by, hour = t.sides[side], t.place.system, timedelta(hours=1)
    early, account = t.at - 20 * hour, s.ids["account"]
    own = actor_for(Account.objects.get(id=account), at=early)
    turn = NewShift(uuid4(), early + hour, early + 5 * hour, 1)
    call = post_call(call_id=uuid4(), area_id=s.area_id, task="registration", title={"zh": "登记"}, shifts=[turn],
                     asked_area_id=s.area_id, by=by, at=early)  # fmt: skip
    ask = Ask(uuid4(), turn.id, account, early, own)
    assert claim_shifts(asks=[ask], by=by, at=early)[0].code == ""
    assert check_in(presences=[Presence(ask.id, turn.starts_at, by)], by=by, at=turn.starts_at)[0].code == ""
    confirm_turnout(shift_id=turn.id, by=by, at=turn.ends_at)
    days = {"from_on": local(early).date(), "until_on": local(t.at).date()}
    record = make_record(record_id=uuid4(), **days, by=own, at=t.at)
    renew_feed(feed_id=uuid4(), by=own, at=t.at)
    s.ids |= {"served_call": call.id, "record": record.id, "record_token": record_text(record)}
    s.ids["feed_token"] = feed_of(own)


def _rostered(t: Marked, side: str) -> None:
    """A post that comes again every day, a colleague of who holds a place, and a swap that asks him."""
    s, by, first = t.sides[side], t.place.system, t.at.date() + timedelta(days=3)
    takes = ("committee-lead", "sampler", "grid-worker", "medic")
    here = [p for p in t.posts.values() if p.sides == frozenset({side}) and p.account.id != s.ids["account"]]
    mate = next(p for p in here if p.role in takes)  # of no other side, whose shift would be at the same hours
    ask = Ask(uuid4(), s.ids["shift"], mate.account.id, t.at, by)
    assert claim_shifts(asks=[ask], by=by, at=t.at)[0].code == ""
    swap = ask_swap(swap_id=uuid4(), claim_id=s.ids["claim"], to_account_id=mate.account.id, for_claim_id=None,
                    by=Actor(s.ids["account"]), at=t.at)  # fmt: skip
    post = NewPost(uuid4(), f"岗 {side}")
    open_posts(posts=[post], area_id=s.area_id, task="registration", turns=[Turn(time(8), 240, 1)], from_on=first,
               until_on=None, asked_area_id=s.area_id, by=by, at=t.at)  # fmt: skip
    s.ids |= {"colleague": mate.account.id, "mates_claim": ask.id, "swap": swap.id, "post": post.id}


def _paper(t: Marked, side: str) -> None:
    s, by = t.sides[side], t.place.system
    hold = place_legal_hold(hold_id=uuid4(), scope="incident", scope_id=s.ids["incident"], area_id=s.area_id,
                            classes=["plea"], holder="court", why="r", until_at=t.at + timedelta(days=30), by=by,
                            at=t.at)  # fmt: skip
    # Made as a row: destroying a key would close what the other attempts look for.
    orders = t.posts["administrator-inside"].account.id
    done = Destruction.objects.create(id=uuid4(), scope="incident", scope_id=s.ids["incident"], classes=["track"],
                                      area_id=s.area_id, keys=[], why="r", ordered_by=orders,
                                      copies={"files": [], "prints": 0, "phones": 0},
                                      ordered_at=t.at)  # fmt: skip
    sheet = send_sheet(sheet_id=uuid4(), area_id=s.area_id, day=local(t.at).date(), incident_id=None, cut_off_at=t.at,
                       note="n", by=by, at=t.at)  # fmt: skip
    glass = break_glass(glass_id=uuid4(), area_id=s.area_id, why="a call from the province", by=by, at=t.at)
    link = issue_link(link_id=uuid4(), office="hospital", act="confirm", asks="a bed tonight", area_id=s.area_id,
                      incident_id=None, until_at=t.at + timedelta(days=2), by=by, at=t.at)  # fmt: skip
    s.ids |= {"legal_hold": hold.id, "destruction": done.id, "sheet": sheet.id, "glass": glass.id}
    s.ids |= {"office_link": link.id, "office_token": link_token(link)}


def _supplies(t: Marked, side: str) -> None:
    s, by = t.sides[side], t.place.system
    body = register_organisation(organisation_id=uuid4(), name=f"厂 {side}", name_en="", kind="company",
                                 area_id=s.area_id, by=by, at=t.at)  # fmt: skip
    made = register_producer(producer_id=uuid4(), organisation_id=body.id, area_id=s.area_id, product="消毒液",
                             unit="吨", daily_capacity=Decimal(10), lines_hours=Decimal(24), by=by,
                             at=t.at)  # fmt: skip
    s.ids |= {"body": body.id, "producer": made.id}


def _trace(t: Marked, side: str) -> None:
    s = t.sides[side]
    trace = trace_case(trace_id=uuid4(), incident_id=s.ids["incident"], person_id=s.people[0], area_id=s.area_id,
                       onset_at=t.at - timedelta(hours=24), sampled_at=None, by=t.place.system, at=t.at)  # fmt: skip
    s.ids["trace"] = trace.id
    s.ids["contact"] = Contact.objects.filter(trace=trace).values_list("id", flat=True)[0]


def _round(t: Marked) -> None:
    """A round of the district, open at its desks, with a sample in a tube and a laboratory's file."""
    s, by = t.sides["A1"], t.place.system
    testing = round_in(t.place, at=t.at, incident=s.incident)
    desk = Desk.objects.filter(round=testing.round, area_id=s.area_id).exclude(account_id=None)[0]
    s.ids |= {"round": testing.round.id, "desk": desk.id, "station": testing.stations[0]}
    sampler = t.place.actor("sampler")
    scan = Scan(uuid4(), desk.id, TUBE, sampler, t.at, 1, person_id=s.people[2])
    done = take_scans(scans=[scan], by=by, at=t.at)
    assert done[0].code == "", done
    s.ids |= {"sample": Sample.objects.get().id, "tube": Tube.objects.get().id}
    refused = [{"row": 2, "tube": "SG-9999", "code": "sampling.tube_unknown", "values": {}}]
    file = LabFile.objects.create(id=uuid4(), file_name="r.csv", digest="d", rows=1, counts={"refused": 1},
                                  refused=refused, by=t.posts["laboratory-inside"].account.id, at=t.at)  # fmt: skip
    s.ids["lab_file"] = file.id
    print_id = print_round_pages(print_id=uuid4(), round_id=testing.round.id, area_id=s.area_id,
                                 unit_ids=list(s.people), by=by, at=t.at)  # fmt: skip
    s.ids["round_code"] = PrintedPage.objects.get(print_id=print_id).code


def _measures(t: Marked) -> None:
    s, by = t.sides["A1"], t.place.system
    says = MeasureText({"zh": "停办", "en": "Called off"}, "r", t.at, t.at + timedelta(days=3))
    made = set_measure(measure_id=uuid4(), incident_id=s.ids["incident"], area_id=s.area_id, place_id=None,
                       name="gatherings", says=says, by=by, at=t.at)  # fmt: skip
    signal = report_signal(signal_id=uuid4(), kind="case", case_class="confirmed", edition_code="cn-covid-8",
                           area_id=s.area_id, building_id=s.building, count=1, source="lab", found_at=t.at, by=by,
                           at=t.at)  # fmt: skip
    s.ids |= {"measure": made.id, "signal": signal.id}


def _storm(t: Marked) -> None:
    """A weather warning over the committee, its call flagged by it."""
    s, by = t.sides["A1"], t.place.system
    says = WarningText("rainstorm", "yellow", t.at, t.at + timedelta(hours=9), [s.area_id])
    made = warn(warning_id=uuid4(), says=says, by=by, at=t.at)
    check = Item.objects.get(kind=CHECK, unit_id=s.ids["call"])
    note_check(note_id=uuid4(), item_id=check.id, warning_id=made.id, incident_id=None, move="answer", choice="kit",
               area_id=s.area_id, by=by, at=t.at)  # fmt: skip
    s.ids |= {"warning": made.id, "check": check.id}


PROGRAMS = {"inside": "committee", "neighbour": "neighbour_committee", "beside": "committee2", "above": "city"}


def _programs(t: Marked) -> None:
    """Programs with all scopes here, next door, beside and above; and one here that may only look at areas."""
    for stands, where in PROGRAMS.items():
        t.programs[stands] = program_in(t.place.area[where], at=t.at, name=f"program {stands}")
    t.programs["narrow"] = program_in(t.place.area["committee"], ["areas.read"], at=t.at, name="program narrow")
    for side, stands in (("A1", "inside"), ("A2", "beside"), ("B1", "neighbour")):
        t.sides[side].ids["program"] = t.programs[stands].id
