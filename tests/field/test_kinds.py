"""What a sampler's and a grid worker's phone sends, through the device door: kept, counted once, refused by name."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from lianfang.base import clock
from lianfang.base.models import Envelope
from lianfang.domains.rounds.models import Unit
from lianfang.domains.rounds.queries import coverage_of, tally_problems
from lianfang.domains.sampling.models import Sample, Tube
from lianfang.domains.sampling.queries import code_of
from tests.factories.place import Place
from tests.factories.rounds import Testing, round_in
from tests.web.pages import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def t(place: Place) -> Testing:
    """A round that is open now."""
    return round_in(place, at=clock.now() - timedelta(hours=1))


class Phone:
    """One phone: its own number, a number for each note, and its clock."""

    def __init__(self, t: Testing, post: str = "sampler", *, off: timedelta = timedelta()) -> None:
        self.t, self.post, self.off = t, post, off
        self.device, self.seq, self.notes = uuid4(), 0, []  # type: ignore[var-annotated]  # filled below
        self.client: Client = client_of(t.place, post)

    def note(self, kind: str, **body: Any) -> UUID:
        """Note something; it waits on the phone."""
        self.seq += 1
        made = clock.now() - timedelta(minutes=30) + timedelta(seconds=self.seq) + self.off
        made_id = uuid4()
        self.notes.append({"id": str(made_id), "kind": kind, "made_at": made.isoformat(), "seq": self.seq,
                           "actor": str(self.t.place.accounts[self.post].id), "body": body})  # fmt: skip
        return made_id

    def scan(self, n: int, tube: str = "SG-0001") -> UUID:
        """Scan the n-th person's code."""
        p, now = self.t.place, clock.now()
        code = code_of(p.people[n], name=p.names[n], tail="", at=now, until=now + timedelta(days=1))
        return self.note("sampling.scan", desk=str(self.t.desks[0].id), tube=tube, code=code)

    def send(self, *, reverse: bool = False) -> dict[UUID, str]:
        """Everything noted so far, again too; the codes by note."""
        notes = self.notes[::-1] if reverse else self.notes
        batch = {"device": str(self.device), "sent_at": (clock.now() + self.off).isoformat(), "envelopes": notes}
        answer = self.client.post("/field/envelopes", json.dumps(batch), content_type="application/json")
        assert answer.status_code == 200
        return {UUID(a["id"]): a["code"] for a in answer.json()["answers"]}


def test_two_tubes_of_ten_sent_three_times_in_any_order_count_twenty_people_once(t: Testing) -> None:
    phone = Phone(t)
    for n in range(20):
        phone.scan(n, "SG-0001" if n < 10 else "SG-0002")
        if n in (9, 19):
            phone.note("sampling.tube", tube="SG-0001" if n == 9 else "SG-0002", counted=10)
    assert set(phone.send(reverse=True).values()) == {""}
    assert set(phone.send().values()) == {"repeated"} == set(phone.send(reverse=True).values())
    assert sorted(Tube.objects.values_list("code", "n", "state")) == [
        ("SG-0001", 10, "closed"),
        ("SG-0002", 10, "closed"),
    ]
    assert coverage_of(t.round).endings == {"sampled": 20, "": 52} and tally_problems(t.round) == 0


def test_who_shows_no_code_is_found_by_name_and_digits_or_entered_behind_his_door_or_waits(t: Testing) -> None:
    p, phone, desk = t.place, Phone(t), str(t.desks[0].id)

    def tell(name: str, tail: str = "", household: str = "", tube: str = "SG-0001") -> UUID:
        told = {"name": name, "tail": tail, "household": household}
        return phone.note("sampling.scan", desk=desk, tube=tube, told=told)

    own, far = str(p.households[0]), str(p.households[-1])
    known = tell(p.names[0], "0000")  # of the register, by name and last four
    behind = tell(p.names[1], "", own)  # without the card: the one of that name behind that door
    fresh = tell("新来的", "123x", own)
    nobody, elsewhere = tell("谁也不是", "9999"), tell("谁也不是", "9999", far)
    again = tell(p.names[0], "0000", tube="SG-0002")
    codes = phone.send(reverse=True)
    assert set(phone.send().values()) <= {"repeated", "sampling.person_unclear", "sampling.already_sampled"}
    assert [codes[i] for i in (known, behind, fresh)] == ["", "", ""]
    assert codes[nobody] == codes[elsewhere] == "sampling.person_unclear"
    assert codes[again] == "sampling.already_sampled"
    taken = dict(Sample.objects.values_list("id", "person_id"))
    assert taken[known] == p.people[0] and taken[behind] == p.people[1] and len(taken) == 3
    new = Unit.objects.get(round=t.round, unit_id=taken[fresh])
    assert (str(new.household_id), new.ending) == (own, "sampled") and coverage_of(t.round).added == 1


def test_a_neighbours_sampler_finds_and_enters_nobody_by_telling_names(t: Testing) -> None:
    phone = Phone(t, "neighbour_sampler")
    told = {"name": t.place.names[0], "tail": "0000", "household": str(t.place.households[0])}
    one = phone.note("sampling.scan", desk=str(t.desks[0].id), tube="SG-0001", told=told)
    two = phone.note("sampling.scan", desk=str(t.desks[0].id), tube="SG-0001", told=told | {"name": "新来的"})
    assert phone.send() == {one: "rounds.desk_missing", two: "rounds.desk_missing"}
    assert not Sample.objects.exists() and coverage_of(t.round).added == 0


def test_a_scan_taken_back_and_made_again_in_one_upload_counts_the_second(t: Testing) -> None:
    phone = Phone(t)
    wrong = phone.scan(0)
    phone.note("sampling.undo", sample=str(wrong))
    right = phone.scan(0, "SG-0002")
    assert set(phone.send(reverse=True).values()) == {""}
    assert Sample.objects.get(voided_at=None).id == right and Sample.objects.count() == 2
    assert coverage_of(t.round).endings == {"sampled": 1, "": 71}


def test_a_phone_whose_clock_is_a_day_off_samples_now(t: Testing) -> None:
    phone = Phone(t, off=timedelta(days=1))
    phone.scan(0)
    assert set(phone.send().values()) == {""}
    taken = Sample.objects.get().taken_at
    assert abs(clock.now() - timedelta(minutes=30) - taken) < timedelta(minutes=2)


def test_whoever_is_found_at_a_door_is_entered_listed_and_sampled_in_one_upload(t: Testing) -> None:
    phone, person = Phone(t, "lead"), uuid4()
    # The scan stands before the finding in the batch: the door does the finding first.
    phone.note("sampling.scan", desk=str(t.desks[0].id), tube="SG-0001", person=str(person))
    phone.note("rounds.found", round=str(t.round.id), person=str(person), household=str(t.place.households[0]),
               name="新来的", sex="f", birth_date="1999-01-02")  # fmt: skip
    assert set(phone.send().values()) == {""}
    assert set(phone.send().values()) == {"repeated"}
    found = coverage_of(t.round)
    assert (found.all, found.added, found.endings["sampled"]) == (73, 1, 1)
    assert Unit.objects.get(unit_id=person).source == "door"


def test_an_ending_noted_on_the_stairs_and_a_try_are_kept(t: Testing) -> None:
    phone = Phone(t, "grid")
    phone.note("rounds.note", round=str(t.round.id), person=str(t.place.people[0]), says="no-answer")
    away = phone.note(
        "rounds.note", round=str(t.round.id), person=str(t.place.people[1]), says="away", reason="hospital"
    )
    bare = phone.note("rounds.note", round=str(t.round.id), person=str(t.place.people[2]), says="refused")
    codes = phone.send()
    assert codes[away] == "" and codes[bare] == "rounds.reason_missing"
    assert Unit.objects.get(unit_id=t.place.people[0]).tries == 1
    # What was refused waits to be settled; nothing is dropped.
    assert Envelope.objects.get(fate="refused").id == bare


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("sampling.scan", {}),
        ("sampling.scan", {"desk": "x", "tube": "SG-1", "code": "LF1"}),
        ("sampling.scan", {"desk": str(UUID(int=1)), "tube": 7, "code": "LF1"}),
        ("sampling.scan", {"desk": str(UUID(int=1)), "tube": "SG-0001"}),
        ("sampling.tube", {"tube": "SG-0001", "counted": "many"}),
        ("sampling.tube", {"tube": "SG-0001", "counted": 32768}),
        ("sampling.tube", {"tube": "SG-0001", "counted": -1}),
        ("sampling.tube", {"tube": "SG-\0", "counted": 1}),
        ("sampling.undo", {"sample": None}),
        ("rounds.note", {"round": "?", "person": "?", "says": "away"}),
        (
            "rounds.found",
            {"round": str(UUID(int=1)), "person": str(UUID(int=2)), "household": str(UUID(int=3)), "name": " "},
        ),
        ("rounds.found", {"name": ["x"]}),
        ("calls.attend", {"claim": "?", "step": "in"}),
        ("watch.check", {"case": str(UUID(int=1)), "celsius": "warm"}),
    ],
)
def test_a_body_that_cannot_be_read_is_kept_and_named_and_spoils_no_other(
    t: Testing, kind: str, body: dict[str, Any]
) -> None:
    phone = Phone(t)
    bad, good = phone.note(kind, **body), phone.scan(0)
    assert phone.send() == {bad: "field.body_unreadable", good: ""}
    assert Envelope.objects.get(id=bad).fate == "refused"


def met_at(t: Testing, **told: str) -> dict[str, str]:
    """What a phone tells of somebody met behind the first door."""
    return {"round": str(t.round.id), "person": str(uuid4()), "household": str(t.place.households[0]), "name": "新来的",
            **told}  # fmt: skip


@pytest.mark.parametrize("told", [{"sex": "female"}, {"sex": "x"}, {"phone": "138\0"}, {"birth_date": "²⁰⁰¹"}])
def test_what_no_column_holds_is_refused_by_itself_and_blocks_no_phone(t: Testing, told: dict[str, str]) -> None:
    phone = Phone(t, "lead")
    bad, good = phone.note("rounds.found", **met_at(t, **told)), phone.note("rounds.found", **met_at(t, sex="m"))
    assert phone.send() == {bad: "field.body_unreadable", good: ""}


def test_no_part_of_an_id_number_is_kept_in_the_clear_beside_a_refusal(t: Testing) -> None:
    phone = Phone(t, "lead")
    first = phone.note("rounds.found", **met_at(t, id_number="990101199901017654"))
    twice = phone.note("rounds.found", **met_at(t, id_number="990101199901017654"))
    assert phone.send() == {first: "", twice: "grid.id_number_twice"}
    assert Envelope.objects.get(fate="refused").values == {}


def test_the_neighbours_phone_samples_nobody_here(t: Testing) -> None:
    phone = Phone(t, "neighbour_sampler")
    one = phone.scan(0)
    assert phone.send() == {one: "rounds.desk_missing"}
    assert not Sample.objects.exists()


def test_coming_and_checks_noted_for_what_is_not_there_are_refused_by_name(t: Testing) -> None:
    phone = Phone(t, "grid")
    came = phone.note("calls.attend", claim=str(uuid4()), step="in", code="123")
    asked = phone.note("watch.check", case=str(uuid4()), celsius=36.5)
    assert phone.send() == {came: "calls.claim_missing", asked: "watch.case_missing"}
