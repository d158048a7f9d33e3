"""Pages of tracing and watching: what each post sees, decisions by the form, files with wrong rows, quick checks."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from lianfang.base import clock
from lianfang.domains.audit.models import PersonRead
from lianfang.domains.tracing.models import Trace, Visit
from lianfang.domains.watch.models import Check, WatchCase
from tests.factories.place import Place
from tests.factories.tracing import TEA, Outbreak, outbreak_in, tea_house
from tests.web.pages import (
    client_of,
    inline_in,
    last_entry,
    masked,
    names_in,
    refusal,
    services_since,
    sought,
    statements,
    text_of,
)

MOST_STATEMENTS = 12


@pytest.fixture
def outbreak(place: Place) -> Outbreak:
    """Now, with who sat in the tea house."""
    o = outbreak_in(place, at=clock.now())
    o.bring(tea_house(o))
    return o


@pytest.fixture
def trace(outbreak: Outbreak) -> Trace:
    return outbreak.trace()


def decided(o: Outbreak, t: Trace, person: int, says: str, *, post: str = "tracer", **more: str) -> HttpResponse:
    """One decision by the desk's form."""
    sent = {"contact": o.contact(t, person).id, "says": says, "paper": "3", **more}
    return client_of(o.place, post).post(f"/tracing/{t.id}/decide", sent)


def test_every_page_opens_in_both_languages_within_its_statements_without_inline_code(
    outbreak: Outbreak, trace: Trace
) -> None:
    o = outbreak
    decided(o, trace, 6, "close")
    case = WatchCase.objects.get()
    pages = [
        ("tracer", "/tracing"),
        ("command", "/tracing"),
        ("tracer", f"/tracing/{trace.id}"),
        ("tracer", f"/tracing/{trace.id}?show=listed"),
        ("tracer", f"/tracing/{trace.id}?show=second"),
        ("tracer", f"/tracing/{trace.id}/brief"),
        ("tracer", "/tracing/new"),
        ("tracer", f"/tracing/new?q={sought(o.place, 'tracer', o.place.names[1])}"),
        ("tracer", "/tracing/import"),
        ("tracer", f"/tracing/import?area={o.place.area['committee']}"),
        ("grid", "/watch"),
        ("medic", "/watch"),
        ("grid", "/watch?only=missing"),
        ("grid", f"/watch/{case.id}"),
        ("tracer", f"/watch/{case.id}"),
    ]
    for language in ("en", "zh-hans"):
        for post, address in pages:
            client = client_of(o.place, post, language)
            client.get(address)
            with CaptureQueriesContext(connection) as seen:
                answer = client.get(address)
            assert answer.status_code == 200, address
            assert inline_in(answer) == [], address
            asked = statements(seen)
            assert len(asked) <= MOST_STATEMENTS, (address, asked)


def test_nothing_is_shown_to_the_neighbour_or_to_posts_without_the_right(outbreak: Outbreak, trace: Trace) -> None:
    o = outbreak
    decided(o, trace, 6, "close")
    case = WatchCase.objects.get()
    neighbour = client_of(o.place, "neighbour")
    assert names_in(neighbour.get("/tracing"), o.place) == set()
    for address in (f"/tracing/{trace.id}", f"/tracing/{trace.id}/brief"):
        refusal(neighbour.get(address), 404, "tracing.missing")
    refusal(neighbour.get(f"/watch/{case.id}"), 404, "watch.case_missing")
    refusal(client_of(o.place, "grid2").get(f"/watch/{case.id}"), 404, "watch.case_missing")
    refusal(client_of(o.place, "grid").get("/tracing"), 403, "accounts.right_missing")
    refusal(client_of(o.place, "volunteer").get("/watch"), 403, "accounts.right_missing")
    refusal(client_of(o.place, "command").get("/tracing/import"), 403, "accounts.right_missing")
    for what in ("decide", "step", "again", "close"):
        sent = {"contact": o.contact(trace, 3).id, "says": "close", "paper": "1", "to": "located"}
        answer = neighbour.post(f"/tracing/{trace.id}/{what}", sent)
        assert answer.status_code in (403, 404), what
    for what in ("check", "free"):
        answer = neighbour.post(f"/watch/{case.id}/{what}", {"celsius": "36.6", "why": "r", "paper": "1"})
        assert answer.status_code in (403, 404), what
    assert not Check.objects.exists() and WatchCase.objects.get().state == "open"


def test_the_desk_shows_masked_rows_and_the_chosen_one_whole_and_writes_the_read_down(
    outbreak: Outbreak, trace: Trace
) -> None:
    o = outbreak
    names = o.place.names
    page = text_of(client_of(o.place, "tracer").get(f"/tracing/{trace.id}?contact={o.contact(trace, 6).id}"))
    assert names[6] in page and masked(names[3]) in page and names[3] not in page
    assert "老街茶楼" in page and "15 min together" in page and "Not seen:" in page
    assert "Reading this person is written down." in page
    assert PersonRead.objects.filter(subjects=[o.place.people[6]]).exists()
    command = text_of(client_of(o.place, "command").get(f"/tracing/{trace.id}?contact={o.contact(trace, 6).id}"))
    assert names[6] not in command and masked(names[6]) in command


def test_one_press_confirms_and_the_next_candidate_comes_up(outbreak: Outbreak, trace: Trace) -> None:
    o, mark = outbreak, last_entry()
    answer = decided(o, trace, 6, "close", show="close", next=str(o.contact(trace, 3).id))
    assert answer.status_code == 302 and str(o.contact(trace, 3).id) in answer.headers["Location"]
    assert services_since(mark) == ["tracing.decide_contacts", "watch.open_watch_cases", "holds.hold_people",
                                    "messages.write_messages"]  # fmt: skip
    page = text_of(client_of(o.place, "tracer").get(answer.headers["Location"]))
    assert "Confirmed. The person is held" in page and "9 contacts to decide on" in page


def test_what_is_refused_is_said_beside_the_form(outbreak: Outbreak, trace: Trace) -> None:
    o = outbreak
    answer = decided(o, trace, 6, "reject", reason="")
    assert answer.status_code == 422 and "left out only with a reason" in text_of(answer)
    assert "Evidence and decision" in text_of(answer)
    decided(o, trace, 3, "second")
    assert o.contact(trace, 3).degree == 2
    again = decided(o, trace, 3, "reject", reason="r")
    assert again.status_code == 409
    refusal(decided(o, trace, 6, "close", paper=" "), 422, "holds.without_paper")
    assert o.contact(trace, 6).state == "proposed"


def test_the_desk_asks_who_looks_after_those_who_stay_before_anybody_is_moved(outbreak: Outbreak) -> None:
    o = outbreak
    o.bring([o.was(0, TEA, 30, 28), o.was(4, TEA, 30, 28)])
    t = o.trace()
    decided(o, t, 3, "close")  # the elder of a door of three
    page = text_of(client_of(o.place, "tracer").get(f"/tracing/{t.id}?contact={o.contact(t, 4).id}"))
    assert "1 person depends on them" in page and masked(o.place.names[5]) in page
    answer = decided(o, t, 4, "close")
    assert answer.status_code == 409 and "would be left alone: 1" in text_of(answer)
    assert o.contact(t, 4).state == "proposed"
    assert decided(o, t, 4, "close", answer="somebody-comes").status_code == 302
    assert o.contact(t, 4).evidence["dependants"]["answer"] == "somebody-comes"


def test_steps_are_noted_on_the_desk_and_a_step_back_is_refused(outbreak: Outbreak, trace: Trace) -> None:
    o = outbreak
    decided(o, trace, 6, "close")
    client, sent = client_of(o.place, "tracer"), {"contact": o.contact(trace, 6).id}
    assert "Isolated" in text_of(client.get(f"/tracing/{trace.id}?show=listed"))
    assert client.post(f"/tracing/{trace.id}/step", sent | {"to": "isolated"}).status_code == 302
    refusal(client.post(f"/tracing/{trace.id}/step", sent | {"to": "located"}), 409, "tracing.decided_otherwise")
    assert o.contact(trace, 6).state == "isolated"


def test_a_case_is_traced_by_hand_and_without_onset_or_sample_it_is_said(outbreak: Outbreak) -> None:
    o, client = outbreak, client_of(outbreak.place, "tracer")
    found = text_of(client.get(f"/tracing/new?q={sought(o.place, 'tracer', o.place.names[0])}"))
    assert str(o.place.people[0]) in found
    sent = {"id": uuid4(), "person": o.place.people[0], "incident": o.incident.id, "q": o.place.names[0]}
    answer = client.post("/tracing/new", sent)
    assert answer.status_code == 422 and "nothing to look back from" in text_of(answer)
    onset = (clock.now() - timedelta(hours=16)).strftime("%Y-%m-%dT%H:%M")  # local, 24 hours ago
    answer = client.post("/tracing/new", sent | {"onset": onset})
    assert answer.status_code == 302 and Trace.objects.get().contacts.filter(degree=1).count() == 4


def delivered(o: Outbreak, text: str, *, post: str = "tracer", encoding: str = "utf-8") -> str:
    file = SimpleUploadedFile("a.csv", text.encode(encoding), "text/csv")
    sent = {"id": uuid4(), "incident": o.incident.id, "source": "扫码", "file": file}
    return text_of(client_of(o.place, post).post("/tracing/import", sent))


def test_a_file_keeps_its_good_rows_and_names_row_field_and_fix_of_the_others(outbreak: Outbreak) -> None:
    o = outbreak
    name = o.place.names
    before = Visit.objects.count()
    rows = ["姓名,证件尾号,场所,进入,离开", f"{name[1]},0001,老街茶楼,2026-07-20 09:00,2026-07-20 10:00",
            f"{name[2]},0002,老街茶楼,2026-07-20 11:00,2026-07-20 10:00", f"{name[3]},9999,老街茶楼,2026-07-20 9:00,x",
            "无此人,0003,老街茶楼,2026-07-20 09:00,2026-07-20 10:00",
            f"{name[4]},0004,没有的店,2026-07-20 09:00,2026-07-20 10:00",
            f"{name[5]},5,老街茶楼,2026-07-20 09:00,2026-07-20 10:00"]  # fmt: skip
    for encoding in ("utf-8-sig", "gb18030"):
        page = delivered(o, "\n".join(rows), encoding=encoding)
    assert "Rows read 4: kept 0, known before 1; rows to correct 5." in page
    assert Visit.objects.count() == before + 1
    for row, words in ((3, "ends before it begins"), (4, "Write the time like this"), (5, "on the register"),
                       (6, "No venue"), (7, "last four characters")):  # fmt: skip
        assert f">{row}</th>" in page and words in page
    assert "no such column" in delivered(o, "a,b\n1,2\n")
    assert Visit.objects.count() == before + 1


def test_a_venue_is_entered_once_and_visits_may_name_it(outbreak: Outbreak) -> None:
    o, client = outbreak, client_of(outbreak.place, "tracer")
    sent = {"id": uuid4(), "name": "河西浴室", "area": o.place.area["committee"], "incident": o.incident.id}
    for _ in range(2):
        assert client.post("/tracing/venues", sent).status_code == 302
    refusal(client.post("/tracing/venues", sent | {"id": uuid4(), "name": " "}), 422, "tracing.visit_unfit")
    refusal(client.post("/tracing/venues", sent | {"id": uuid4(), "area": o.place.area["neighbour"]}), 403,
            "accounts.right_missing")  # fmt: skip
    row = f"{o.place.names[1]},0001,河西浴室,2026-07-20 09:00,2026-07-20 10:00"
    assert "kept 1" in delivered(o, f"name,id_number,venue,from,to\n{row}\n")


def test_the_brief_counts_by_area_sums_to_the_whole_and_leads_to_a_draft_of_the_contacts_buildings(
    outbreak: Outbreak, trace: Trace
) -> None:
    o = outbreak
    for n in (6, 3):
        decided(o, trace, n, "close")
    page = text_of(client_of(o.place, "tracer").get(f"/tracing/{trace.id}/brief"))
    assert "2 close, 0 second" in page and "8 undecided" in page and "老街茶楼" in page
    building = o.place.buildings["committee"][0]
    draft = f"/incidents/{o.incident.id}/zones/new?area={o.place.area['committee']}&buildings={building}"
    assert draft in page and "12" in page  # four doors of three live there
    form = text_of(client_of(o.place, "tracer").get(draft))
    assert f'value="{building}" checked' in form


def test_a_check_takes_two_taps_and_a_fever_says_what_to_do(outbreak: Outbreak, trace: Trace) -> None:
    o = outbreak
    decided(o, trace, 6, "close")
    case, client = WatchCase.objects.get(), client_of(o.place, "grid")
    page = text_of(client.get("/watch"))
    assert o.place.names[6] in page and 'value="36.6"' in page and "1 person still to check" in page
    note = uuid4()
    for _ in range(2):
        assert client.post(f"/watch/{case.id}/check", {"id": note, "celsius": "36.6"}).status_code == 302
    assert Check.objects.count() == 1 and "everybody is checked for now" in text_of(client.get("/watch"))
    answer = client.post(f"/watch/{case.id}/check", {"id": uuid4(), "other": "38,1", "unwell": "1"})
    told = text_of(client.get(answer.headers["Location"]))
    assert "call the medical staff now" in told and "38.1 °C" in told
    for bad in ({"other": "abc"}, {"other": "366"}, {}):
        refusal(client.post(f"/watch/{case.id}/check", {"id": uuid4(), **bad}), 422, "watch.check_unfit")


def test_an_all_clear_frees_one_person_from_its_page(outbreak: Outbreak, trace: Trace) -> None:
    o = outbreak
    decided(o, trace, 6, "close")
    case = WatchCase.objects.get()
    assert "Free this person" not in text_of(client_of(o.place, "grid").get(f"/watch/{case.id}"))
    client = client_of(o.place, "tracer")
    assert client.post(f"/watch/{case.id}/free", {"why": "两次阴性", "paper": "解 1"}).status_code == 302
    assert o.contact(trace, 6).state == "released" and WatchCase.objects.get().state == "released"
    refusal(client_of(o.place, "grid").post(f"/watch/{case.id}/check", {"celsius": "36.6"}), 409, "watch.case_ended")
