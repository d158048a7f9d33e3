"""A register file: read without a change, shown with every difference, taken whole or not at all, once."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID, uuid4

from django.core.files.uploadedfile import SimpleUploadedFile

from lianfang.base import clock
from lianfang.domains.grid.models import Building, Person, Presence, RegisterFile
from lianfang.domains.grid.services import move_person
from tests.factories.register_file import of_register
from tests.web.conftest import FILE, Town
from tests.web.pages import client_of, last_entry, refusal, services_since, sought, text_of


def sent(content: str = FILE, name: str = "b.csv") -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, content.encode())


def test_reading_a_file_changes_no_person_and_two_presses_keep_one_file(town: Town) -> None:
    client, mark, people, file = client_of(town.place, "lead"), last_entry(), Person.objects.count(), uuid4()
    for _ in range(2):
        answer = client.post("/register/import", {"id": file, "file": sent()})
        assert answer.headers["Location"] == f"/register/import/{file}?said=grid.file_kept"
    assert services_since(mark) == ["grid.keep_file"]
    assert Person.objects.count() == people
    page = text_of(client.get(f"/register/import/{file}"))
    assert "1 change is ready" in page and "甄一" in page


def test_a_file_is_taken_once(town: Town) -> None:
    client, mark, people = client_of(town.place, "lead"), last_entry(), Person.objects.count()
    assert client.post(f"/register/import/{town.file}/settle", {"do": "apply"}).status_code == 302
    assert services_since(mark).count("grid.apply_file") == 1
    client.post(f"/register/import/{town.file}/settle", {"do": "apply"})
    refusal(client.post(f"/register/import/{town.file}/settle", {"do": "refuse"}), 409, "grid.file_closed")
    assert Person.objects.count() == people + 1
    assert RegisterFile.objects.get(id=town.file).state == "applied"


def test_a_row_left_out_is_not_taken(town: Town) -> None:
    client, people = client_of(town.place, "lead"), Person.objects.count()
    row = RegisterFile.objects.get(id=town.file).rows.get(difference="new")
    client.post(f"/register/import/{town.file}/settle", {"do": "apply", "shown": row.id})
    assert Person.objects.count() == people


def test_a_file_with_a_bad_row_cannot_be_taken_whoever_presses(town: Town) -> None:
    client, people, file = client_of(town.place, "lead"), Person.objects.count(), uuid4()
    client.post("/register/import", {"id": file, "file": sent(FILE + "乙,123,,9-1-102\n")})
    page = text_of(client.get(f"/register/import/{file}"))
    assert "1 row has to be corrected first" in page and 'value="apply"' not in page
    refusal(client.post(f"/register/import/{file}/settle", {"do": "apply"}), 422, "grid.file_has_bad_rows")
    assert Person.objects.count() == people and RegisterFile.objects.get(id=file).state == "read"


def test_what_is_no_register_is_refused_and_nothing_chosen_is_said(town: Town) -> None:
    client, mark = client_of(town.place, "lead"), last_entry()
    body = refusal(client.post("/register/import", {"file": sent("", "empty.csv")}), 422, "grid.file_unreadable")
    assert "The file is empty." in body
    answer = client.post("/register/import", {})
    assert answer.status_code == 422 and "Choose a file first." in text_of(answer)
    assert services_since(mark) == []


def test_nobody_brings_in_a_file_for_the_neighbours_area(town: Town) -> None:
    form = {"id": uuid4(), "file": sent(), "area": town.place.area["neighbour_committee"]}
    refusal(client_of(town.place, "lead").post("/register/import", form), 403, "accounts.right_missing")
    assert not RegisterFile.objects.filter(id=form["id"]).exists()


HEADER = "姓名,身份证号,电话,住址\n"


def brought(town: Town, rows: str, post: str = "lead", area: str = "committee", header: str = HEADER) -> UUID:
    """A file read through the page."""
    file = uuid4()
    form = {"id": file, "file": sent(header + rows), "area": town.place.area[area]}
    assert client_of(town.place, post).post("/register/import", form).status_code == 302
    return file


def whole_register(town: Town, people: range) -> str:
    """Rows that name people of the first committee as the register has them."""
    return "".join(",".join(map(str, office[1:])) + "\n" for office in (of_register(town.place, n) for n in people))


OFFICE = "姓名,性别,身份证号,联系电话,小区,楼栋,单元,房号,居住情况,社区\n"


def test_each_row_of_a_taken_file_can_be_left_and_applied_later_and_says_by_whom(town: Town) -> None:
    client, people = client_of(town.place, "lead"), Person.objects.count()
    row = RegisterFile.objects.get(id=town.file).rows.get(difference="new")
    client.post(f"/register/import/{town.file}/settle", {"do": "apply", "shown": row.id})
    page = text_of(client.get(f"/register/import/{town.file}"))
    assert "was left" in page and "committee-lead committee" in page and 'name="apply"' in page
    mark, form = last_entry(), {"difference": "new", "apply": row.id}
    for _ in range(2):
        answer = client.post(f"/register/import/{town.file}/rows", form)
        assert answer.headers["Location"] == f"/register/import/{town.file}?said=grid.rows_settled#new"
    assert services_since(mark) == ["grid.settle_rows"]
    assert Person.objects.count() == people + 1
    refusal(client.post(f"/register/import/{town.file}/rows", {"leave": row.id}), 409, "grid.row_settled")


def test_people_not_in_the_file_wait_for_a_reason_one_by_one_or_all_together(town: Town) -> None:
    client, place = client_of(town.place, "lead"), town.place
    file = brought(town, whole_register(town, range(2, 24)), header=OFFICE)
    client.post(f"/register/import/{file}/settle", {"do": "apply"})
    page = text_of(client.get(f"/register/import/{file}"))
    assert "2 of 2 to decide" in page and place.names[0] in page and "How you know that they left" in page
    one = RegisterFile.objects.get(id=file).rows.get(person_id=place.people[0])
    refusal(client.post(f"/register/import/{file}/rows", {"apply": one.id}), 422, "grid.reason_missing")
    refusal(client.post(f"/register/import/{file}/rows", {"difference": "gone", "all": "apply"}), 422,
            "grid.reason_missing")  # fmt: skip
    client.post(f"/register/import/{file}/rows", {"difference": "gone", "apply": one.id, "why": "邻居说已搬走"})
    assert set(Presence.objects.filter(to_on=None).values_list("person_id", flat=True)) & set(place.people[:2]) == {
        place.people[1]
    }
    client.post(f"/register/import/{file}/rows", {"difference": "gone", "all": "leave"})
    page = text_of(client.get(f"/register/import/{file}"))
    assert "邻居说已搬走" in page and "was left" in page and "to decide" not in page
    assert not Presence.objects.filter(person_id=place.people[1]).exclude(to_on=None).exists()


def test_rows_that_a_door_fact_overtook_stay_and_say_why(town: Town) -> None:
    client, place, now = client_of(town.place, "lead"), town.place, clock.now()
    file = brought(town, whole_register(town, range(2, 24)), header=OFFICE)
    client.post(f"/register/import/{file}/settle", {"do": "apply"})
    move_person(person_id=place.people[0], household_id=place.households[2], presence="lives", source="door",
                by=place.actor("grid"), at=now + timedelta(minutes=5))  # fmt: skip
    answer = client.post(f"/register/import/{file}/rows", {"difference": "gone", "all": "apply", "why": "邻居说"})
    assert answer.headers["Location"].endswith("?said=grid.rows_partly#gone")
    page = text_of(client.get(f"/register/import/{file}"))
    assert "A fact found at the door is newer than the file" in page and "1 of 2 to decide" in page
    assert Presence.objects.get(person_id=place.people[0], to_on=None).household_id == place.households[2]
    assert Presence.objects.filter(person_id=place.people[1], to_on=None).count() == 0


def test_a_doubtful_row_shows_who_may_be_meant_and_asks_for_a_word(town: Town) -> None:
    client = client_of(town.place, "lead")
    client.post(f"/register/import/{town.file}/settle", {"do": "apply"})
    file = brought(town, "甄义,440203198001020117,13900000001,9-1-101\n")
    client.post(f"/register/import/{file}/settle", {"do": "apply"})
    page = text_of(client.get(f"/register/import/{file}"))
    assert "the same person: 甄一" in re.sub(r"<[^>]*>", "", page) and "a new person" in page
    row = RegisterFile.objects.get(id=file).rows.get(difference="doubtful")
    for form in ({"apply": row.id}, {"difference": "doubtful", "all": "apply"}):
        refusal(client.post(f"/register/import/{file}/rows", form), 422, "grid.choice_missing")
    people = Person.objects.count()
    form = {"difference": "doubtful", "all": "apply", f"who-{row.id}": str(row.candidates[0])}
    client.post(f"/register/import/{file}/rows", form)
    assert Person.objects.count() == people
    row.refresh_from_db()
    assert (row.fate, row.person_id) == ("applied", row.candidates[0])
    page = text_of(client.get(f"/register?q={sought(town.place, 'lead', '甄义')}"))
    assert "甄*" in page


def test_a_name_of_an_area_that_nobody_knows_is_said_by_row_and_told_once(town: Town) -> None:
    client = client_of(town.place, "street")
    rows = whole_register(town, range(24)).replace("沙洲社区", "新沙村")
    file = brought(town, rows, "street", "street", OFFICE)
    page = text_of(client.get(f"/register/import/{file}"))
    assert "no such community here" in page and "“新沙村”, 24 rows, means" in page
    meant = {"name": "新沙村", "area": town.place.area["committee"]}
    client.post(f"/register/import/{file}/name", {"name": "新沙村"})
    assert "24 rows have to be corrected first" in text_of(client.get(f"/register/import/{file}"))
    answer = client.post(f"/register/import/{file}/name", meant)
    assert answer.headers["Location"] == f"/register/import/{file}?said=grid.area_named"
    page = text_of(client.get(f"/register/import/{file}"))
    assert "no such community here" not in page and "the same" in page
    refusal(client_of(town.place, "lead").post(f"/register/import/{file}/name", meant), 403, "accounts.right_missing")


def test_a_village_that_split_is_said_in_doors_and_applied_or_left(town: Town) -> None:
    client, place = client_of(town.place, "street"), town.place
    Building.objects.filter(area_id=place.area["committee2"], key="花园2栋").update(name="旧楼", key="旧楼")
    rows = "".join(
        ",".join(map(str, of_register(place, n, committee="金洲社区" if n >= 12 else "沙洲社区")[1:])) + "\n"
        for n in range(24)
    )
    file = brought(town, rows, "street", "street", OFFICE)
    page = text_of(client.get(f"/register/import/{file}"))
    assert "4 doors now stand under 金洲社区居委会 instead of 沙洲社区居委会" in page and "Take 1 change" in page
    client.post(f"/register/import/{file}/settle", {"do": "apply"})
    assert Building.objects.get(id=place.buildings["committee"][1]).area_id == place.area["committee2"]
    chinese = text_of(client_of(place, "street", "zh-hans").get(f"/register/import/{file}"))
    assert "4 户现属金洲社区居委会，原属沙洲社区居委会" in chinese


def test_a_neighbours_officer_neither_sees_nor_settles_the_rows(town: Town) -> None:
    lead = client_of(town.place, "lead")
    row = RegisterFile.objects.get(id=town.file).rows.get(difference="new")
    lead.post(f"/register/import/{town.file}/settle", {"do": "apply", "shown": row.id})
    for post in ("street2", "neighbour", "grid"):
        client = client_of(town.place, post)
        refusal(client.get(f"/register/import/{town.file}"), 404, "grid.file_missing")
        refusal(client.post(f"/register/import/{town.file}/rows", {"apply": row.id}), 404, "grid.file_missing")
    assert RegisterFile.objects.get(id=town.file).rows.get(id=row.id).fate == "left"


def test_two_people_of_one_id_number_are_both_named_on_the_page(town: Town) -> None:
    file = brought(town, "甄一,440203198001020117,,9-1-101\n甄二,440203198001020117,,9-1-102\n")
    page = text_of(client_of(town.place, "lead").get(f"/register/import/{file}"))
    assert page.count("stands twice") == 2 and "2 rows have to be corrected first" in page
