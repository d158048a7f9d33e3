"""Arguments for every service that a door may call, about what lies in the attacked committee."""

from __future__ import annotations

from datetime import time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4, uuid5

import numpy as np

from lianfang.base.actor import Actor
from lianfang.base.suites import suite_of
from lianfang.domains.accounts.services import NewPost, NewProgram, NewSecret
from lianfang.domains.areas.services import Division
from lianfang.domains.calls.rules import Turn
from lianfang.domains.calls.services import Ask, NewNote, NewShift, Presence
from lianfang.domains.calls.services import NewPost as CallPost
from lianfang.domains.calls.services import Step as CallStep
from lianfang.domains.devices.services import Confirming
from lianfang.domains.dispatch.services import NewRide
from lianfang.domains.gates.services import NewClosure
from lianfang.domains.grid.planning.register_file import read_register
from lianfang.domains.grid.services import RegisterBatch
from lianfang.domains.incidents.services import MeasureText
from lianfang.domains.needs.services import NewPlea, Pair
from lianfang.domains.responders.services import NewPosting, NewResponder, NewTeam
from lianfang.domains.rounds.services import NewStation, Seat, TypedUnit, UnitNote
from lianfang.domains.sampling.services import Closing, Scan, Undo
from lianfang.domains.tracing.services import NewVenue, NewVisit
from lianfang.domains.tracing.services import Step as ContactStep
from lianfang.domains.watch.services import CheckNote, NewCase
from lianfang.domains.work.services import Knock, NewItem, Note, Rhythm, TypedRow
from lianfang.kernels.roads import Line
from tests.matrix.stock import TUBE
from tests.matrix.town import Marked

ROADS = [Line(np.array([[113.6, 24.8], [113.61, 24.8]]), 0)]
KEY = suite_of("world").new_signing_key()
FILE = "姓名,身份证号,电话,住址\n甲乙,44020319800102011,,9-1-1\n"


def arguments(t: Marked, by: Actor) -> dict[str, Any]:
    """Arguments by name; as `service.name parameter` where one name has two meanings."""
    return _of_people(t, by) | _of_work(t, by) | _of_some(t, by) | _of_service(t, by)


def _of_people(t: Marked, by: Actor) -> dict[str, Any]:
    """Accounts, areas, calls, phones, the register, incidents, places."""
    s, i, at = t.sides["A1"], t.sides["A1"].ids, t.at
    hour, new = timedelta(hours=1), uuid4
    reading = read_register(FILE.encode(), "a.csv", default_year=2026)
    return {
        "area_id": s.area_id, "account_id": i["account"], "incident_id": i["incident"], "person_id": s.people[0],
        "household_id": s.household, "household_ids": [s.household], "building_id": s.building,
        "building_ids": [s.building], "place_id": i["place"], "stay_id": new(), "role": "volunteer",
        "until_at": at + hour, "glass_id": new(),
        "permit_id": i["permit"], "gates.apply_permit permit_id": new(), "gates.apply_permit kind": "vehicle",
        "gates.apply_permit person_id": None, "gates.apply_permit account_id": None, "gates.apply_permit plea_id": None,
        "purpose": "x", "plate": "", "gates.apply_permit mode": "car", "is_fast": False, "fast_why": "",
        "gates.announce_convoy permit_id": new(), "goods": "x", "plates": "", "vehicles": 2,
        "closure": NewClosure(new(), s.area_id, "x", "fence", "x", at), "closure_id": i["closure"],
        "dispatch.load_roads net_id": new(), "lines": ROADS, "gates.open_road why": "x",
        "crossing_id": i["crossing"], "gates": [(s.area_id, "x", at + hour)], "gates.say_delay why": "road",
        "gates.review_permit permit_id": i["fast"], "way": "out",
        "gates.pass_gate place_id": None, "gates.release place_id": None,
        "gates.review_release passage_id": i["release"],
        "gates.decide_permit decision_id": uuid5(i["permit"], "decision"),
        "ride_id": i["ride"], "trip_id": i["trip"], "vehicle_id": i["vehicle"], "turn_id": i["turn"],
        "dispatch.add_vehicle vehicle_id": new(), "dispatch.add_vehicle kind": "van",
        "dispatch.put_crew turn_id": new(),
        "dispatch.add_vehicle plate": "x", "dispatch.add_vehicle places": {}, "groups": [],
        "dispatch.add_vehicle organisation_id": None, "dispatch.offer_car vehicle_id": new(),
        "dispatch.offer_car kind": "car", "dispatch.offer_car plate": "x", "dispatch.offer_car places": {},
        "dispatch.offer_car hours": [], "dispatch.put_crew role": "escort", "protection": 1,
        "dispatch.put_crew account_id": t.posts["committee-lead-inside"].account.id,
        "rides": [NewRide(new(), "medical", by, at, at + hour, household_id=s.household, end="x")],
        "dispatch.adopt_trip trip_id": new(), "driver_id": i["account"], "starts_at": at + 9 * hour,
        "stops": [(i["ride"], "in", at + 10 * hour), (i["ride"], "out", at + 11 * hour)],
        "dispatch.adopt_tour tour_id": new(), "carrier_id": t.posts["committee-lead-inside"].account.id,
        "dispatch.adopt_tour stops": [(i["portion"], at + hour)], "promises": {i["portion"]: at + hour},
        "dispatch.end_tour carrier_id": i["account"],
        "dispatch.adopt_trip why": {}, "dispatch.step_ride ride_id": i["driven"], "dispatch.step_ride step": "load",
        "post": "x", "side": "ours", "to_place_id": None, "dispatch.change_goal end": "x", "km": 9, "fuel_l": None,
        "transfer_id": i["transfer"], "gives": True, "work.ask_transfer transfer_id": new(),
        "work.ask_transfer item_id": i["own_item"], "work.put_back item_id": i["own_item"],
        "plea_id": i["plea"], "same_as_id": i["other_plea"], "danger": "life", "group": "", "deadline_at": None,
        "needs.record_call item_id": new(), "topic": "other", "risk": "low", "next_hours": 2, "called": "",
        "worry": "low",
        "needs.record_call topic": "fear", "needs.record_dispute item_id": new(), "what": "x", "parties": "",
        "needs.give_dispute item_id": i["dispute"], "mediator_id": t.place.accounts["lead"].id,
        "needs.log_worry item_id": new(), "needs.answer_worry item_id": i["worry"], "answer_id": i["answer"],
        "needs.draft_answer item_id": new(), "question": "x", "needs.draft_answer answer": "x",
        "pairs": [Pair(new(), i["class"], i["account"])], "sort": "praise",
        "pleas": [NewPlea(new(), "phone", "x", by, at, area_id=s.area_id)], "where": "x", "end": "elsewhere",
        "rating": None, "needs.weigh_plea kind_name": "food", "needs.route_plea kind_name": "food",
        "needs.route_plea values": {}, "needs.route_plea item_id": new(), "needs.route_plea owner_id": None,
        "privacy.break_glass why": "a call from the province",
        "privacy.review_glass glass_id": i["glass"], "finding": "fit", "link_id": new(), "office": "hospital",
        "act": "confirm", "decisions.issue_link asks": "a bed tonight",
        "decisions.revoke_link link_id": i["office_link"],
        "program_id": i["program"], "accounts.open_program program_id": new(), "program": NewProgram(
            "x", None, "x", ["areas.read"], at + hour), "secret": NewSecret(new(), b"x" * 32),
        "old_until_at": at + hour,
        "grant_id": new(), "username": f"x{new().hex[:8]}", "label": "x", "password_hash": "!", "posts": [
            NewPost(new(), f"y{new().hex[:8]}", "y", "volunteer", s.area_id)],
        "aliases": [(s.area_id, "别名")], "new_code": "990101009009", "on": at.date(),
        "parent_id": t.place.area["street2"],
        "hierarchy": "division", "outlines": [(s.area_id, {"type": "Polygon", "coordinates": []})], "is_invented": True,
        "shift_id": i["shift"], "places": 2, "presences": [Presence(i["claim"], at, by, "")], "claim_ids": [i["claim"]],
        "asks": [Ask(new(), i["shift"], i["account"], at, by)], "call_id": i["call"], "why": "r",
        "task": "registration",
        "title": {"zh": "x", "en": "x"}, "shifts": [NewShift(new(), at + hour, at + 2 * hour, 2)], "kind": "case",
        "decision_id": i["decision"], "says": "grant", "reason": "r", "paper_number": "1", "vouching_id": i["vouching"],
        "items": [Confirming(i["device"])], "badge_id": i["badge"], "device_ids": [i["device"]],
        "point": (113.6, 24.8), "photo": b"", "is_allowed": True, "claim_id": i["claim"],
        "replaces": False, "kid": bytes(8), "suite": "world", "public_key": KEY.public,
        "device_id": i["device"], "digits": "123456", "pin": "482914", "answerer_id": new(), "phone": "1",
        "block_id": new(), "flag": "pregnant", "name": "新名", "sex": "f", "birth_date": "1990-01-01", "id_number": "",
        "presence": "lives", "base_id": new(), "year": 2025, "persons": 5, "is_about": False, "source": "door",
        "file_id": i["file"], "file_name": "x.csv", "digest": "x", "reading": reading, "signal_id": i["signal"],
        "version_id": new(), "zone_id": new(), "is_proposed": False, "measure_id": i["measure"],
        "case_class": "confirmed",
        "edition_code": "cn-covid-8", "edition": "cn-covid-8", "count": 1, "found_at": at, "capacity_class": "bed",
        "capacity": {"bed": 9}, "level": "", "passage_id": new(), "change": 1, "opening_id": new(),
        "opens_on": at.date(),
        "limit_percent": 50, "leave_out": [], "inside": 3, "name_en": "", "lon": 1.0, "lat": 1.0, "state": "closed",
    }  # fmt: skip


def _of_service(t: Marked, by: Actor) -> dict[str, Any]:
    """People who serve, their teams, missions and duty."""
    s, i, at = t.sides["A1"], t.sides["A1"].ids, t.at
    hour, new = timedelta(hours=1), uuid4
    return {
        "responders.register_responders entries": [NewResponder(i["account"], "medic", s.area_id)],
        "responder_id": i["responder"], "responder_ids": [i["responder"]], "skill_id": new(), "skill": "suit",
        "responders.judge_skill skill_id": i["skill"], "evidence": "x", "is_verified": True, "fitness_id": new(),
        "responders.state_skill evidence": "x", "valid_until": None, "limits": [], "standing_id": new(),
        "responders.confirm_insurance until": at.date() + timedelta(days=9),
        "standing": "applied", "where": "x", "witness_id": None, "responders.state_fitness state": "off",
        "dependants": "x", "needs_care": True, "teams": [NewTeam(new(), "x", s.area_id, "squad")],
        "responders.form_team team_id": new(), "team_id": i["team"], "appointment_id": new(), "words": "x",
        "responders.appoint role": "deputy", "step_id": new(), "responders.step_team state": "deployed",
        "note_id": new(), "responders.note_for_team kind": "log", "responders.apply_to_team member_id": new(),
        "member_id": i["member"], "responders.decide_member state": "reserve", "offer_id": new(), "from_at": at + hour,
        "responders.offer_help until_at": at + 9 * hour, "responders.offer_help responder_id": i["responder"],
        "postings": [NewPosting(new(), i["responder"], s.area_id, at + hour)], "posting_ids": [i["posting"]],
        "step": "in", "mission_id": i["mission"], "responders.ask_mission mission_id": new(),
        "sender_area_id": s.area_id, "receiver_area_id": t.place.area["street2"],
        "responders.ask_mission until_at": at + 9 * hour, "staff": {i["body"]: 3},
        "group_id": new(), "calls.open_group title": "x", "shift_ids": [i["shift"]],
        "calls.claim_first claim_id": new(), "record_id": i["record"], "feed_id": new(),
        "calls.make_record record_id": new(), "from_on": at.date(), "until_on": at.date(),
        "calls.open_posts posts": [CallPost(new(), "x")], "turns": [Turn(time(8), 240, 1)],
        "calls.open_posts from_on": at.date() + timedelta(days=2), "calls.open_posts until_on": None,
        "calls.end_rhythm call_id": i["post"], "last_on": at.date() + timedelta(days=5), "moved_id": new(),
        "calls.put_on_shift claim_id": new(), "roles": [{"skill": "clinician", "heads": 1}],
        "days_off": [at.date() + timedelta(days=9)], "no_nights": True, "responders.state_wishes hours": [],
        "calls.ask_swap swap_id": new(), "to_account_id": i["colleague"], "for_claim_id": None,
        "calls.answer_swap agrees": False,
        "swap_id": i["swap"],
        "calls.note_duty notes": [NewNote(new(), i["claim"], "kit", at, by)], "call_out_id": new(),
        "calls.call_out words": {"zh": "x"}, "needed": 1, "meet_at": at + hour, "repeat_minutes": 5, "repeats": 1,
        "calls.answer_call_outs call_out_id": i["call_out"], "calls.answer_call_outs says": "coming",
        "calls.tick_muster call_out_id": i["call_out"], "calls.tick_muster step": "come",
        "calls.plan_work words": "x", "calls.tick_plan line_id": i["plan_line"],
        "responders.end_duty duty_id": i["duty"],
        "line_id": new(), "host_id": i["body"], "job": "cashier", "calls.close_call_out call_out_id": i["call_out"],
    }  # fmt: skip


def _of_work(t: Marked, by: Actor) -> dict[str, Any]:
    """What is kept, sheets, bodies, rounds, samples, supplies, tracing, watching, tasks."""
    s, i, at = t.sides["A1"], t.sides["A1"].ids, t.at
    hour, new = timedelta(hours=1), uuid4
    return {
        "hold_id": i["legal_hold"], "scope": "incident", "scope_id": i["incident"], "classes": ["plea"], "holder": "x",
        "destruction_id": i["destruction"], "sheet_id": i["sheet"], "accept": True, "note": "n", "day": at.date(),
        "cut_off_at": at, "organisation_id": i["body"], "people": 2, "duty_id": new(), "position": 5,
        "desk_id": new(), "round_id": i["round"], "stations": [NewStation(new(), i["place"], [1])], "adopted": {},
        "station_ids": [i["station"]], "notes": [], "area_ids": [s.area_id], "starts_at": at + hour,
        "ends_at": at + 9 * hour, "seats": [Seat(i["desk"], by.id)], "account_ids": [i["account"]], "closings": [
            Closing(new(), TUBE, 1, by, at)], "tube_ids": [i["tube"]], "undos": [Undo(new(), i["sample"], by, at)],
        "scans": [Scan(new(), i["desk"], TUBE, by, at, 1, person_id=s.people[1])], "producer_id": i["producer"],
        "daily_capacity": Decimal(5), "lines_hours": Decimal(5), "commitments": [], "designation": "", "product": "x",
        "unit": "x", "day_id": new(), "output": Decimal(1), "stock": Decimal(1), "trace_id": i["trace"], "steps": [
            ContactStep(i["contact"], "located", at)], "batch_id": new(), "visits": [
            NewVisit(new(), s.people[2], i["venue"], at - hour, at)], "venues": [NewVenue(new(), "x", s.area_id)],
        "onset_at": at - hour, "sampled_at": None, "cases": [NewCase(new(), s.people[2], s.area_id, "contact-close",
            at.date(), 14, 2, at + 14 * hour)], "item_ids": [i["item"]], "owner_id": by.id, "item_id": i["call_item"],
        "agrees": True, "kind_name": "door-survey", "mode": "routine", "grace_minutes": 10, "scope_kind": "mission",
        "subject_kind": "area", "subject_id": s.area_id, "authority_level": "county", "evidence": {},
        "says_": "x", "divisions": [Division("990101001009", "新居委会", "committee", "990101001")], "valid_from": None,
        "bases": [], "batch": _batch(s.area_id),
    }  # fmt: skip


def _of_some(t: Marked, by: Actor) -> dict[str, Any]:
    """Where the same name means something else to one service."""
    s, i, at = t.sides["A1"], t.sides["A1"].ids, t.at
    hour, new = timedelta(hours=1), uuid4
    return {
        "calls.note_attendance notes": [CallStep(new(), i["claim"], "in", at, by, "")],
        "rounds.note_units notes": [UnitNote(new(), i["round"], s.people[1], "no-answer", "", by, at)],
        "watch.note_checks notes": [CheckNote(new(), i["case"], by, at, 36.5)],
        "work.start_run run_id": new(), "work.start_run item_ids": [i["card"]], "closes_at": at + hour,
        "run_id": i["run"], "plan_id": i["plan"], "work.make_plan plan_id": new(), "unit_kind": "person",
        "unit_id": s.people[0], "work.make_plan values": {"what": "x"}, "work.make_plan kind_name": "medical-trip",
        "rhythm": Rhythm(next_on=at.date() + timedelta(days=9)), "work.make_plan parent_id": None,
        "print_id": new(), "unit_ids": list(s.people), "row_ids": [i["item"]], "typing_id": new(),
        "written_by": i["account"], "shown_at": at,
        "work.type_page code": i["page_code"], "work.type_page rows": [TypedRow(i["item"], "no-answer")],
        "rounds.type_round_page code": i["round_code"],
        "rounds.type_round_page rows": [TypedUnit(s.people[1], "no-answer")],
        "work.note_knock knock": Knock(new(), s.household, "no-answer", ("other",), {"way": "phone", "night": "x"}),
        "work.make_moves notes": [Note(new(), i["item"], "no-answer", by, at)],
        "work.open_items items": [NewItem(new(), s.area_id, "household", s.household)],
        "incidents.set_measure says": MeasureText({"zh": "x", "en": "x"}, "r", at, at + hour),
        "work.note_check item_id": i["check"], "warning_id": i["warning"], "work.note_check incident_id": None,
        "note_id": new(), "work.note_check move": "answer", "choice": "kit",
        "incidents.set_measure name": "masks", "incidents.set_measure measure_id": new(),
        "calls.post_call call_id": new(), "devices.begin_vouching vouching_id": new(),
        "devices.begin_vouching title": "x", "devices.issue_badge badge_id": new(),
        "places.register_place kind": "shop", "places.register_place place_id": new(),
        "places.open_places kind": "shop",
        "places.register_place capacity": {"person": 5}, "places.begin_stay person_id": s.people[2],
        "places.begin_stay stay_id": new(), "places.end_stay stay_id": i["stay"],
        "places.count_passage place_id": i["shop"],
        "places.recount place_id": i["shop"], "places.tick_readiness place_id": i["shop"], "stream": "control",
        "places.tick_readiness item_ids": [i["ready_item"]], "privacy.place_legal_hold hold_id": new(),
        "reports.send_sheet sheet_id": new(), "responders.form_team kind": "squad",
        "responders.register_organisation organisation_id": new(), "responders.register_organisation kind": "company",
        "supplies.register_producer producer_id": new(), "rounds.plan_round round_id": new(),
        "rounds.plan_round kind": "mass-test", "rounds.move_stations state": "closed",
        "sampling.hand_over_tubes state": "sent", "tracing.open_trace trace_id": new(),
        "tracing.import_visits source": "scan", "grid.keep_file file_id": new(),
        "incidents.report_signal signal_id": new(),
        "incidents.draft_zone kind": "sealed", "grid.set_flag flag": "pregnant", "grid.end_flag flag": "elder-alone",
        "grid.answer_for household_id": None, "grid.enter_person person_id": new(),
        "accounts.open_account account_id": new(), "accounts.bind_portal binding_id": new(),
        "accounts.bind_portal portal": "health", "accounts.bind_portal subject": "f" * 64,
        "accounts.unbind_portal portal": "city",
        "accounts.open_account organisation_id": None, "accounts.open_account person_id": None,
    }  # fmt: skip


def _batch(area_id: UUID) -> RegisterBatch:
    b = RegisterBatch()
    b.building_id, b.building_area, b.building_name = [str(uuid4())], [str(area_id)], ["x"]
    b.building_kind, b.building_lonlat = ["dwelling"], [(1.0, 1.0)]
    return b
