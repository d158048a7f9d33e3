"""My day: what is mine, what I was told, one tap to answer."""

from __future__ import annotations

from uuid import uuid4

from lianfang.base import clock
from lianfang.domains.messages.models import Message
from lianfang.flows.run_due import run_due
from tests.factories.place import Place
from tests.web.conftest import Town
from tests.web.pages import client_of, last_entry, refusal, services_since, text_of


def test_my_tasks_are_on_my_day_and_on_nobody_elses(town: Town) -> None:
    mine, other = (text_of(client_of(town.place, post).get("/")) for post in ("grid", "grid2"))
    for item in (town.survey, town.call):
        assert f"/work/{item}" in mine and f"/work/{item}" not in other
    assert f"/work/{town.free}" not in mine
    assert "2 tasks for you" in mine and "Nothing waits for you." in other


def test_a_name_on_my_day_is_masked(town: Town) -> None:
    page, name = text_of(client_of(town.place, "grid").get("/")), town.place.names[0]
    assert name not in page and f"{name[0]}*{name[-1]}" in page


def test_a_resident_is_offered_what_holds_and_sees_the_message_about_it(town: Town) -> None:
    assert town.place.system is not None
    run_due(channels={}, by=town.place.system, at=clock.now())
    page = text_of(client_of(town.place, "resident").get("/"))
    assert "See what holds for me" in page and 'href="/why"' in page
    assert Message.objects.filter(template="zone-start", recipient_id=town.place.people[0]).exists()
    assert "花园一栋" in page
    assert "To do" not in page


def asked_of(town: Town, post: str) -> Message:
    """A message to a post that offers answers."""
    found = Message.objects.filter(recipient_id=town.place.accounts[post].id, template="checklist-owner").first()
    assert found is not None, set(Message.objects.values_list("template", "recipient_id"))
    return found


def test_one_tap_answers_a_message_in_one_write_and_a_second_tap_is_none(town: Town) -> None:
    message = asked_of(town, "officer")
    client, mark = client_of(town.place, "officer"), last_entry()
    for _ in range(2):
        answer = client.post(f"/messages/{message.id}/answer", {"answer": "taken"})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/?said=messages.answered")
    assert services_since(mark) == ["messages.take_answer"]
    message.refresh_from_db()
    assert (message.answer, message.fate) == ("taken", "answered")
    page = text_of(client.get("/?said=messages.answered"))
    assert "Your answer is kept." in page and "You answered:" in page


def test_an_answer_that_was_not_offered_and_a_message_of_somebody_else_are_refused(town: Town) -> None:
    message, mark = asked_of(town, "officer"), last_entry()
    address = f"/messages/{message.id}/answer"
    refusal(client_of(town.place, "officer").post(address, {"answer": "maybe"}), 422, "messages.answer_unknown")
    refusal(client_of(town.place, "officer2").post(address, {"answer": "taken"}), 404, "messages.missing")
    refusal(client_of(town.place, "neighbour").post(f"/messages/{uuid4()}/answer"), 404, "messages.missing")
    assert services_since(mark) == [] and Message.objects.get(id=message.id).answer == ""


def test_what_waits_for_my_word_is_counted_for_who_decides_only(place: Place, town: Town) -> None:
    assert "Decide" not in text_of(client_of(place, "command").get("/"))
    draft, buildings = uuid4(), [str(place.buildings["committee"][1])]
    form = {"id": draft, "area": place.area["committee"], "kind": "sealed", "name": "x", "why": "y"}
    form |= {"buildings": buildings}
    assert client_of(place, "officer").post(f"/incidents/{town.incident.id}/zones/draft", form).status_code == 302
    client_of(place, "officer").post(f"/zones/{draft}/ask", {"id": uuid4(), "reason": "r"})
    assert "Decide 1 request" in text_of(client_of(place, "command").get("/"))
    assert "Decide 1 request" not in text_of(client_of(place, "officer").get("/"))
