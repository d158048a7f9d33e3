"""A register file: read without a change, shown with every difference, taken whole or not at all, once."""

from __future__ import annotations

from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile

from lianfang.domains.grid.models import Person, RegisterFile
from tests.web.conftest import FILE, Town
from tests.web.pages import client_of, last_entry, refusal, services_since, text_of


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
