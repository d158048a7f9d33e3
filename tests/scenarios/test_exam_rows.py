"""Rows of exams shown through pages: candidates in zones, the plan of each, the day step by step; another district."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lianfang.domains.dispatch.models import Ride
from lianfang.domains.grid.models import Person, Presence
from lianfang.domains.incidents.models import Incident
from lianfang.domains.messages.models import Message
from lianfang.domains.places.models import Stay
from lianfang.domains.privacy.queries import opened
from lianfang.domains.work.models import Item
from lianfang.flows.run_due import run_due
from lianfang.flows.zones import ask_for_zone, decide_zone
from lianfang.web.words import LOCAL
from tests.factories.call import HOUR
from tests.factories.place import Place
from tests.scenarios.test_call_rows import travel
from tests.scenarios.test_trip_rows import crewed, proposed, typed, vehicle
from tests.web.conftest import Town
from tests.web.pages import client_of, form_of, refusal, text_of

Patch = pytest.MonkeyPatch
MINUTE = timedelta(minutes=1)
POINT = "市二中隔离考场"


def line_of(place: Place, person: UUID, day: datetime, point: str = POINT) -> str:
    """A line of the education office's list."""
    row = Person.objects.get(id=person)
    told = opened([row], by=place.actor("grid"), fields=("name", "id_number"), whole=True)[person]
    return f"{told['name']},{told['id_number']},{point},{day:%Y-%m-%d},09:00"


def brought(browser: Client, place: Place, lines: list[str], area: str = "district") -> str:
    """The list taken in on its page."""
    form = {k: v[-1] for k, v in form_of(browser.get(f"/exams/list?area={place.area[area]}"), "").items()}
    text = "\n".join(["姓名,身份证号,考点,考试日期,开考时间", *lines])
    file = SimpleUploadedFile("kaosheng.csv", text.encode())
    answer = browser.post(f"/exams/list?area={place.area[area]}", form | {"exam": "高考", "file": file})
    assert answer.status_code == 200, text_of(answer)
    return re.sub(r"\s+", " ", text_of(answer))


def room(place: Place) -> UUID:
    """An exam room with one isolated seat, put on the list of places by the county, not open yet."""
    form = {"id": str(uuid4()), "kind": "exam-room", "name": POINT, "n-isolated": "2", "level": "",
            "area": str(place.area["committee"])}  # fmt: skip
    answer = client_of(place, "county").post("/places/new", form)
    assert answer.status_code == 302, text_of(answer)
    return UUID(form["id"])


def ready(place: Place, room_id: UUID) -> None:
    """The checklist of the exam point laid from its template, ticked one by one; then it opens."""
    county = client_of(place, "county")
    assert county.post(f"/places/{room_id}/readiness", {"stream": "exam"}).status_code == 302
    page = county.get("/exams")
    assert "An entrance of its own" in text_of(page) and "A spare room" in text_of(page)
    how = {"opens_on": "", "percent": "100", "reason": "高考"}
    refused = county.post(f"/places/{room_id}/open", {"id": str(uuid4())} | how)
    assert refused.status_code in (409, 422), text_of(refused)  # nothing of it is done yet
    listed = re.findall(r'name="items" value="([0-9a-f-]{36})"', text_of(county.get(f"/places/{room_id}")))
    assert len(listed) == 6
    assert county.post(f"/places/{room_id}/ready", {"items": listed}).status_code == 302
    opened_now = county.post(f"/places/{room_id}/open", {"id": str(uuid4())} | how)
    assert opened_now.status_code == 302, text_of(opened_now)


def zone_over(place: Place, incident: Incident, building: UUID, at: datetime, name: str) -> UUID:
    """A zone drafted on its page, asked for and adopted."""
    from lianfang.domains.incidents.services import draft_zone

    made = draft_zone(version_id=uuid4(), zone_id=uuid4(), incident_id=incident.id, area_id=place.area["committee"],
                      name=name, kind="controlled", building_ids=[building], why="a case", is_proposed=False,
                      by=place.actor("county"), at=at)  # fmt: skip
    asked = ask_for_zone(decision_id=uuid4(), version_id=made.id, reason="r", by=place.actor("county"), at=at)
    decide_zone(decision_id=asked.id, says="grant", reason="", paper_number="2", by=place.actor("command"), at=at)
    return made.id


def lived_in(building: UUID) -> list[UUID]:
    rows = Presence.objects.filter(building_id=building, to_on=None, kind="lives", person__birth_year__lt=2000)
    return list(rows.order_by("person_id").values_list("person_id", flat=True))


@pytest.mark.row("S3-44")
@pytest.mark.row("S3-45")
def test_candidates_are_matched_at_every_change_of_a_zone_each_has_a_whole_plan_and_the_day_is_confirmed_step_by_step(
    town: Town, monkeypatch: Patch
) -> None:
    place = town.place
    at = datetime.now(LOCAL).replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=1)
    travel(monkeypatch, at)
    place.at = at
    exam = at + timedelta(days=2, hours=1)  # nine in the morning, the day after tomorrow
    first, second = place.buildings["committee"][:2]
    one, two, far = lived_in(first)[0], lived_in(second)[0], lived_in(place.buildings["committee2"][0])[0]
    room_id = room(place)
    officer, grid, lead = client_of(place, "officer"), client_of(place, "grid"), client_of(place, "lead")
    # The list: good lines are kept, each bad one is named by row, field and what would fit; sent again nothing doubles.
    assert client_of(place, "volunteer").get("/exams/list").status_code == 403
    lines = [line_of(place, p, exam) for p in (one, two, far)]
    bad = ["甄无人,440203198001020117,市二中隔离考场,2026-06-07,09:00", line_of(place, two, exam, "没有的考点"),
           line_of(place, one, exam).replace(f"{exam:%Y-%m-%d}", "六月七日")]  # fmt: skip
    page = brought(officer, place, lines + bad)
    assert "3 lines kept" in page and "3 lines to correct" in page
    for row, field, fix in (("5", "ID number", "nobody on the register"), ("6", "Exam point", POINT),
                            ("7", "Exam day", "2022-06-07")):  # fmt: skip
        assert re.search(rf'<th scope="row">{row}</th><td>{field}</td><td>[^<]*{fix}', page), (row, page)
    assert "0 lines kept" in brought(officer, place, lines)
    assert Item.objects.filter(kind="exam-candidate").count() == 3
    elsewhere = brought(client_of(place, "neighbour"), place, lines[2:], "neighbour")
    assert "0 lines kept" in elsewhere and "1 line to correct" in elsewhere  # neither our exam points nor our people
    # Who lives in a zone already is found with the list; a further zone finds further ones by itself.
    hit = Item.objects.get(kind="exam-candidate", unit_id=one)
    waits, free = (Item.objects.get(kind="exam-candidate", unit_id=p) for p in (two, far))
    assert (hit.state, waits.state, free.state) == ("found", "listed", "listed")
    assert Message.objects.filter(template="exam-hit", about_id=hit.id).exists()
    page = text_of(officer.get("/exams"))
    assert "1 candidate in a zone" in page and "1 plan not complete" in page and "3 on the list" in page
    zone_over(place, town.incident, second, at, "花园二栋")
    waits.refresh_from_db()
    free.refresh_from_db()
    assert (waits.state, free.state) == ("found", "listed")
    assert "2 candidates in zones" in text_of(officer.get("/exams"))
    assert "0 candidates in zones" in text_of(client_of(place, "neighbour").get("/exams"))
    # The plan: with any link missing it is refused, by every door.
    plan = {"move": "plan", "f-helper": "王老师 13900000001", "f-invigilators": "监考甲、监考乙", "f-entrance": "东门"}

    def planned(**left_out: str) -> object:
        return grid.post(f"/exams/{hit.id}/step", {"id": str(uuid4())} | plan | left_out)

    refusal(planned(), 422, "work.field_missing")  # neither car nor room
    refusal(grid.post(f"/work/{hit.id}/move", {"id": str(uuid4()), **plan, "f-car": "№1", "f-room": "x"}), 422,
            "work.field_missing")  # fmt: skip
    refusal(grid.post(f"/exams/{hit.id}/room", {"place": str(room_id)}), 409, "places.closed")  # not ready
    ready(place, room_id)
    outsider = client_of(place, "neighbour_grid")
    assert outsider.post(f"/exams/{hit.id}/room", {"place": str(room_id)}).status_code == 404
    for _ in range(2):
        assert grid.post(f"/exams/{hit.id}/room", {"place": str(room_id)}).status_code == 302
    [stay] = Stay.objects.filter(person_id=one, ended_at=None)
    assert (stay.place_id, stay.capacity_class) == (room_id, "isolated")
    refusal(planned(), 422, "work.field_missing")  # no car
    asked = {"id": str(uuid4()), "from": typed(exam - HOUR), "back": typed(exam + 3 * HOUR), "escort": ""}
    for _ in range(2):
        assert grid.post(f"/exams/{hit.id}/car", asked).status_code == 302
    ride, home = Ride.objects.get(item_id=hit.id, outward=None), Ride.objects.get(outward__item_id=hit.id)
    assert (ride.kind, ride.person_id, ride.arrive_by) == ("appointed", one, exam)
    refusal(planned(), 422, "work.field_missing")  # asked for, but no car is sent yet
    # The evening before, a plan that is not complete alarms; once.
    late = exam - 15 * HOUR + 2 * MINUTE
    assert place.system is not None
    run_due(channels={}, by=place.system, at=late - 10 * MINUTE)
    before = {m.id for m in Message.objects.filter(about_id=hit.id)}
    travel(monkeypatch, late)
    run_due(channels={}, by=place.system, at=late)
    alarmed = Message.objects.filter(about_id=hit.id).exclude(id__in=before)
    assert {m.recipient_id for m in alarmed} <= {place.accounts[p].id for p in ("officer", "officer2")} and alarmed
    car = vehicle(place, "car")
    crewed(place, car, exam - 3 * HOUR, hours=10)
    _, forms = proposed(place, ride, home)
    assert len(forms) == 2  # there, and home again
    for f in forms:
        assert client_of(place, "street").post("/trips/adopt", f).status_code == 302
    for missing in ("f-helper", "f-invigilators", "f-entrance"):
        refusal(planned(**{missing: ""}), 422, "work.field_missing")
    done = planned()
    assert done.status_code == 302, text_of(done)  # type: ignore[attr-defined]  # an answer of the browser
    hit.refresh_from_db()
    assert hit.state == "planned" and hit.values["car"] == f"№{ride.number}"
    page = text_of(lead.get("/exams"))
    assert "王老师 13900000001" in page and "监考甲、监考乙" in page and POINT in page and "1 plan not complete" in page
    # The zone is lifted: who plans is told, and no plan changes by itself.
    assert client_of(place, "command").post(f"/zones/{town.zone}/lift", {"why": "清零"}).status_code == 302
    hit.refresh_from_db()
    assert hit.state == "planned" and Stay.objects.get(id=stay.id).ended_at is None
    assert Message.objects.filter(template="exam-zone", about_id=hit.id).exists()
    # The day: each step in its order, with its time, before the eyes of the command.
    refusal(grid.post(f"/exams/{hit.id}/step", {"id": str(uuid4()), "move": "finish"}), 409, "work.move_unfit")
    times = (exam - HOUR, exam - 30 * MINUTE, exam + 2 * HOUR, exam + 3 * HOUR)
    for move, when in zip(("leave", "arrive", "finish", "home"), times, strict=True):
        travel(monkeypatch, when)
        assert outsider.post(f"/exams/{hit.id}/step", {"id": str(uuid4()), "move": move}).status_code == 404
        step = {"id": str(uuid4()), "move": move}
        for _ in range(2):
            answer = grid.post(f"/exams/{hit.id}/step", step)
            assert answer.status_code == 302, text_of(answer)
        done_at = re.findall(r"<td>✓ ([^<]*\d\d:\d\d)</td>", text_of(officer.get("/exams")))
        assert done_at and done_at[-1].endswith(f"{when:%H:%M}")
    hit.refresh_from_db()
    assert (hit.state, hit.is_closed, hit.counted) == ("home", True, 1)
    assert Stay.objects.get(id=stay.id).ended_at == times[2]  # the seat is free again once the exam is over


@pytest.mark.row("S3-41")
def test_an_isolated_room_in_another_district_is_agreed_with_a_named_contact_and_no_trip_goes_before_both_say_yes(
    place: Place, monkeypatch: Patch
) -> None:
    at = datetime.now(LOCAL).replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=1)
    travel(monkeypatch, at)
    place.at = at
    exam, who = at + 4 * HOUR, lived_in(place.buildings["committee"][0])[0]
    car = vehicle(place, "car")
    driver = crewed(place, car, at)
    grid, desk = client_of(place, "grid"), client_of(place, "street")
    form = {k: v[-1] for k, v in form_of(grid.get(f"/rides/new?person={who}"), "/rides/new").items() if k != "flag"}
    asked = form | {"kind": "appointed", "end": "思明区隔离考场", "arrive": typed(exam), "aid": "", "back": "",
                    "terms": "3 楼单间，东门进，24 小时核酸阴性", "counterpart": "思明区专班",
                    "contact": "李主任 0592-1000"}  # fmt: skip
    # Conditions without an office, or without somebody to ring there, are no arrangement.
    for lacking in ("counterpart", "contact"):
        refusal(grid.post("/rides/new", asked | {lacking: " "}), 422, "dispatch.unfit")
    for _ in range(2):
        assert grid.post("/rides/new", asked).status_code == 302
    [r] = Ride.objects.filter(kind="appointed")
    page = text_of(desk.get(f"/rides/{r.id}"))
    for words in ("3 楼单间，东门进", "思明区专班", "李主任 0592-1000", "We say yes", "They say yes"):
        assert words in page
    assert "李主任".encode() not in bytes(r.sealed) and "李主任" not in text_of(client_of(place, "volunteer").get("/"))
    # No trip, neither proposed nor by hand, before both have said yes; nobody else says it for us.
    stops = [f"{r.id}|{w}|{(at + m * MINUTE).isoformat()}" for w, m in (("in", 90), ("out", 150))]
    hand = {"id": uuid4(), "vehicle": car.id, "driver": driver.id, "starts": (at + HOUR).isoformat(), "stop": stops}
    away = client_of(place, "neighbour")

    def held_back() -> None:
        proposal = text_of(desk.post("/trips/propose", {"area": place.area["street"], "ride": [r.id]}))
        assert "the other side has not said yes" in proposal and 'action="/trips/adopt"' not in proposal
        refusal(desk.post("/trips/adopt", hand), 409, "dispatch.not_confirmed")

    held_back()
    for side in ("ours", "theirs"):
        assert away.post(f"/rides/{r.id}/confirm", {"side": side, "post": "x"}).status_code == 404
    assert grid.post(f"/rides/{r.id}/confirm", {"side": "ours"}).status_code == 404  # who asks does not say yes
    assert away.get(f"/rides/{r.id}").status_code == 404
    r.refresh_from_db()
    assert (r.ours_at, r.theirs_at) == (None, None)
    for _ in range(2):
        assert desk.post(f"/rides/{r.id}/confirm", {"side": "ours"}).status_code == 302
    held_back()
    refusal(desk.post(f"/rides/{r.id}/confirm", {"side": "theirs", "post": " "}), 422, "dispatch.unfit")
    travel(monkeypatch, at + 10 * MINUTE)
    assert desk.post(f"/rides/{r.id}/confirm", {"side": "theirs", "post": "思明区卫健值班"}).status_code == 302
    r.refresh_from_db()
    assert (r.ours_at, r.theirs_at, r.theirs_by) == (at, at + 10 * MINUTE, "思明区卫健值班")
    assert "思明区卫健值班" in text_of(desk.get(f"/rides/{r.id}"))
    assert desk.post("/trips/adopt", hand).status_code == 302
    r.refresh_from_db()
    assert r.state == "assigned"
