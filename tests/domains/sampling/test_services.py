"""Scans, tubes and results through their services; retries, doubles, and who may not."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.base.service import Outcome
from lianfang.base.suites import SigningKey, suite_of
from lianfang.base.tokens import SUITE, kid_of, make_token, read_token, token_bytes, token_text
from lianfang.cli.up import system_actor
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.devices.errors import TokenKeyMissing
from lianfang.domains.devices.queries import token_key
from lianfang.domains.devices.services import make_token_key, revoke_token_key
from lianfang.domains.grid.services import enter_person
from lianfang.domains.rounds.models import Round, Unit
from lianfang.domains.rounds.queries import coverage_of, tally_problems
from lianfang.domains.rounds.services import UnitNote, add_home_desk, note_units
from lianfang.domains.sampling.models import LabFile, Sample, Tube
from lianfang.domains.sampling.queries import code_of, people_of_tubes, persons_of, results_of
from lianfang.domains.sampling.rules import AUDIENCE, PERSON, PROOF, ResultRow
from lianfang.domains.sampling.services import (
    Closing,
    Scan,
    Undo,
    close_tubes,
    hand_over_tubes,
    take_back,
    take_results,
)
from lianfang.domains.sampling.services import take_scans as take
from tests.factories.place import Place
from tests.factories.rounds import Testing, round_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def t(place: Place, t0: datetime) -> Testing:
    """A round with its desks open."""
    return round_in(place, at=t0)


def code(t: Testing, n: int, days: int = 30) -> str:
    """The code that the n-th person shows."""
    at = t.place.at
    return code_of(t.place.people[n], name=t.place.names[n], tail="", at=at, until=at + timedelta(days=days))


def code_by(t: Testing, n: int, *, proof_of: int | None, is_signed: bool = False) -> str:
    """The n-th person's code as somebody else makes it under the site's key's name, with a proof he saw elsewhere."""
    site, at, whom = token_key(), t.place.at, t.place.people[n]
    key = site if is_signed else SigningKey(SUITE, suite_of(SUITE).new_signing_key().private, site.public)
    seen = read_token(token_bytes(code(t, n if proof_of is None else proof_of)), audience=AUDIENCE, at=at,
                      keys={kid_of(site.public): site.public})  # fmt: skip
    claims = {PERSON: whom.bytes} | ({} if proof_of is None else {PROOF: seen.claims[PROOF]})
    return token_text(make_token(claims, audience=AUDIENCE, at=at, until_at=at + timedelta(days=30), key=key))


@pytest.mark.parametrize(
    ("proof_of", "is_signed", "code_said"),
    [(None, False, "sampling.code_unknown"), (1, False, "sampling.code_unknown"), (None, True, ""), (1, True, ""),
     (0, False, "")],
)  # fmt: skip
def test_a_proof_is_of_one_person_and_hour_and_without_one_the_signature_speaks(
    t: Testing, proof_of: int | None, is_signed: bool, code_said: str
) -> None:
    shown = code_by(t, 0, proof_of=proof_of, is_signed=is_signed)
    assert persons_of([(shown, t.place.at)], at=t.place.at)[shown][1] == code_said


def scan(
    t: Testing, n: int, tube: str = "SG-0001", *, desk: int = 0, post: str = "sampler", minutes: int = 1, seq: int = 0
) -> Scan:
    """A scan of the n-th person."""
    at = t.place.at + timedelta(minutes=minutes)
    return Scan(uuid4(), t.desks[desk].id, tube, t.place.actor(post), at, seq or n, code=code(t, n))


def taken(t: Testing, *scans: Scan, hours: int = 1) -> list[Outcome]:
    """The outcomes of some scans sent together."""
    return take(scans=scans, by=t.place.actor("sampler"), at=t.place.at + timedelta(hours=hours))


def codes(outcomes: list[Outcome]) -> list[str]:
    """Their codes alone."""
    return [o.code for o in outcomes]


def test_a_scan_opens_its_tube_ends_its_person_and_counts_once_however_often_it_is_sent(t: Testing) -> None:
    mine = [scan(t, n) for n in range(3)]
    assert codes(taken(t, *mine)) == ["", "", ""]
    assert codes(taken(t, *mine)) == ["repeated"] * 3
    tube = Tube.objects.get()
    assert (tube.code, tube.n, tube.takes, tube.state, tube.desk_id) == ("SG-0001", 3, 10, "open", t.desks[0].id)
    assert coverage_of(t.round).endings == {"": 69, "sampled": 3} and tally_problems(t.round) == 0


def test_a_second_scan_in_the_round_is_told_with_its_time_and_not_counted(t: Testing) -> None:
    # The later scan arrives first in the list: the earlier one counts.
    late, early = scan(t, 0, minutes=9), scan(t, 0, "SG-0002", minutes=2)
    outcomes = taken(t, late, early)
    assert codes(outcomes) == ["sampling.already_sampled", ""]
    assert outcomes[0].values["time"] == early.at.isoformat()
    assert codes(taken(t, scan(t, 0, "SG-0003", minutes=30))) == ["sampling.already_sampled"]
    assert Sample.objects.get().tube.code == "SG-0002"


def test_codes_that_are_none_of_ours_too_old_or_forged_are_refused_each_by_its_name(t: Testing) -> None:
    forged = code_by(t, 0, proof_of=None)
    old = code(t, 1, days=-1)
    at = t.place.at + timedelta(minutes=1)
    texts = ["", "http://example", forged, old]
    scans = [Scan(uuid4(), t.desks[0].id, "SG-0001", t.place.actor("sampler"), at, n, code=c) for n, c in
             enumerate(texts)]  # fmt: skip
    assert codes(taken(t, *scans)) == [
        "rounds.unit_missing",
        "sampling.code_unknown",
        "sampling.code_unknown",
        "sampling.code_expired",
    ]
    assert not Tube.objects.filter(n__gt=0).exists()
    # Good to its last hour, whenever what was shown then arrives.
    shown_at = t.place.at - timedelta(days=1, hours=1)
    assert persons_of([(old, shown_at)], at=t.place.at)[old] == (t.place.people[1], "")


def test_what_a_revoked_key_signed_says_nothing_from_then_on_and_new_codes_hold(
    t: Testing, own_token_key: bytes
) -> None:
    good, by, kid = scan(t, 0), system_actor(), own_token_key
    second = make_token_key(replaces=True, by=by, at=t.place.at)
    assert token_key().public == bytes(second.public_key) and codes(taken(t, good)) == [""]  # replaced, not revoked
    late = scan(t, 1)
    for k in (kid, bytes(second.kid)):
        revoke_token_key(kid=k, why="a stolen disk", by=by, at=t.place.at)
    assert codes(taken(t, late)) == ["sampling.code_unknown"]
    assert codes(taken(t, scan(t, 1))) == [""]  # the key in use was replaced in the same breath
    assert revoke_token_key(kid=kid, why="again", by=by, at=t.place.at).why == "a stolen disk"
    with pytest.raises(TokenKeyMissing):
        revoke_token_key(kid=b"12345678", why="no such", by=by, at=t.place.at)
    with pytest.raises(RightMissing):
        revoke_token_key(kid=kid, why="not mine", by=t.place.actor("grid"), at=t.place.at)


def test_a_tube_takes_ten_and_the_eleventh_is_told(t: Testing) -> None:
    outcomes = taken(t, *(scan(t, n, minutes=n + 1) for n in range(11)))
    assert codes(outcomes) == [""] * 10 + ["sampling.tube_full"]
    assert coverage_of(t.round).endings["sampled"] == 10


def test_a_tube_of_another_desk_or_what_is_no_tube_takes_nobody(t: Testing) -> None:
    taken(t, scan(t, 0))
    assert codes(taken(t, scan(t, 1, desk=1, post="grid"), scan(t, 2, "!"))) == [
        "sampling.tube_elsewhere",
        "sampling.tube_unfit",
    ]


def test_a_scan_made_before_its_tube_was_closed_counts_whenever_it_arrives(t: Testing) -> None:
    taken(t, scan(t, 0, minutes=1))
    at = t.place.at + timedelta(minutes=10)
    mine = t.place.actor("sampler")
    ask = Closing(uuid4(), "SG-0001", 2, mine, at)
    assert codes(close_tubes(closings=[ask], by=mine, at=at)) == ["sampling.tube_differs"]
    ask = Closing(uuid4(), "SG-0001", 2, mine, at, differs=True)
    assert codes(close_tubes(closings=[ask], by=mine, at=at)) == [""]
    assert codes(close_tubes(closings=[ask], by=mine, at=at)) == ["repeated"]
    assert codes(taken(t, scan(t, 1, minutes=9), scan(t, 2, minutes=11))) == ["", "sampling.tube_closed"]
    assert Tube.objects.get().n == 2


def test_only_who_is_at_the_desk_or_may_scan_there_scans(t: Testing) -> None:
    for post in ("neighbour_sampler", "grid2", "county", "volunteer"):
        assert codes(taken(t, scan(t, 0, post=post))) == ["rounds.desk_missing"], post
    assert codes(taken(t, scan(t, 0, post="lead"))) == [""]
    closing = Closing(uuid4(), "SG-0001", 1, t.place.actor("neighbour_sampler"), t.place.at)
    assert codes(close_tubes(closings=[closing], by=closing.by, at=t.place.at)) == ["sampling.tube_unknown"]


def test_who_is_on_the_register_and_not_on_the_list_is_added_and_counted_apart(t: Testing, t0: datetime) -> None:
    newcomer = uuid4()
    enter_person(person_id=newcomer, household_id=t.place.households[0], name="新来的", sex="m",
                 birth_date="1990-01-01", id_number="", phone="", presence="stays", by=t.place.actor("grid"),
                 at=t0)  # fmt: skip
    at = t0 + timedelta(minutes=1)
    one = Scan(uuid4(), t.desks[0].id, "SG-0001", t.place.actor("sampler"), at, 1, person_id=newcomer)
    nobody = Scan(uuid4(), t.desks[0].id, "SG-0001", t.place.actor("sampler"), at, 2, person_id=uuid4())
    assert codes(taken(t, one, nobody)) == ["", "rounds.unit_missing"]
    found = coverage_of(t.round)
    assert (found.all, found.added, found.left) == (73, 1, 72) and tally_problems(t.round) == 0


def test_a_sample_ends_what_was_noted_by_hand_before(t: Testing, t0: datetime) -> None:
    one, by = t.place.people[0], t.place.actor("grid")
    note_units(notes=[UnitNote(uuid4(), t.round.id, one, "refused", "no-wish", by, t0)], by=by, at=t0)
    assert codes(taken(t, scan(t, 0))) == [""]
    assert Unit.objects.get(unit_id=one).ending == "sampled"
    late = UnitNote(uuid4(), t.round.id, one, "away", "left-city", by, t0 + timedelta(hours=2))
    outcome = note_units(notes=[late], by=by, at=late.at)[0]
    assert outcome.code == "rounds.ended_otherwise" and outcome.values["ending"]["en"] == "sampled"


def test_a_pair_at_the_door_gives_the_ending_at_home(t: Testing, t0: datetime) -> None:
    p = t.place
    desk = add_home_desk(desk_id=uuid4(), round_id=t.round.id, area_id=p.area["committee"],
                         account_id=p.accounts["grid"].id, people=2, by=p.actor("lead"), at=t0)  # fmt: skip
    one = Scan(uuid4(), desk.id, "H-0001", p.actor("grid"), t0 + timedelta(minutes=1), 1, person_id=p.people[0])
    assert codes(taken(t, one)) == [""]
    assert Unit.objects.get(unit_id=p.people[0]).ending == "home" and Sample.objects.get().way == "door"


def test_a_scan_taken_back_counts_no_more_and_the_person_is_on_the_list(t: Testing, t0: datetime) -> None:
    one = scan(t, 0)
    taken(t, one)
    at = t0 + timedelta(minutes=2)

    def undo(post: str) -> list[str]:
        mine = Undo(uuid4(), one.id, t.place.actor(post), at)
        return codes(take_back(undos=[mine], by=mine.by, at=at))

    assert undo("neighbour_sampler") == ["sampling.sample_missing"]
    assert undo("sampler") == [""] and undo("sampler") == ["repeated"]
    assert coverage_of(t.round).left == 72 and Tube.objects.get().n == 0 and tally_problems(t.round) == 0
    assert codes(taken(t, scan(t, 0, "SG-0009", minutes=5))) == [""]


def off_list(t: Testing) -> UUID:
    """Somebody of the register who is on no list."""
    person = uuid4()
    enter_person(person_id=person, household_id=t.place.households[0], name="迟到", sex="f", id_number="", phone="",
                 birth_date="1990-01-01", presence="stays", by=t.place.actor("grid"), at=t.place.at)  # fmt: skip
    return person


def test_a_scan_that_is_refused_puts_nobody_on_a_list_and_opens_no_tube(t: Testing) -> None:
    late, at = off_list(t), t.place.at + timedelta(hours=1)

    def one(post: str, tube: str, **shown: object) -> list[str]:
        given = Scan(uuid4(), t.desks[0].id, tube, t.place.actor(post), at, 1, **shown)  # type: ignore[arg-type]  # as given
        return codes(take(scans=[given], by=t.place.actor(post), at=at))

    ago = t.place.at - timedelta(days=1)
    expired = code_of(late, name="路人", tail="", at=ago, until=ago)
    assert one("neighbour_grid", "SG-0001", person_id=late) == ["rounds.desk_missing"]
    assert one("sampler", "SG-0002", code=expired) == ["sampling.code_expired"]
    for state in ("planned", "sampling-closed"):
        Round.objects.filter(id=t.round.id).update(state=state)
        assert one("sampler", "SG-0003", person_id=late) == ["rounds.closed"]
    assert not Unit.objects.filter(unit_id=late).exists() and not Tube.objects.exists()
    Round.objects.filter(id=t.round.id).update(state="open")
    assert taken(t, scan(t, 0, "SG-0001"))[0].code == ""
    assert codes(taken(t, scan(t, 0, "SG-0009", desk=1, post="lead"))) == ["sampling.already_sampled"]
    assert not Tube.objects.filter(code="SG-0009").exists()  # it is free for whoever really uses it
    assert tally_problems(t.round) == 0


def test_nothing_is_taken_back_once_sampling_is_closed(t: Testing) -> None:
    first = scan(t, 0)
    taken(t, first)
    Round.objects.filter(id=t.round.id).update(state="sampling-closed")
    at, by = t.place.at + timedelta(hours=2), t.place.actor("sampler")
    assert codes(take_back(undos=[Undo(uuid4(), first.id, by, at)], by=by, at=at)) == ["rounds.closed"]
    assert Sample.objects.get().voided_at is None and Unit.objects.get(unit_id=t.place.people[0]).ending == "sampled"


def finished(t: Testing, people: range, tube: str) -> Tube:
    """A tube with people in it, closed and sent."""
    taken(t, *(scan(t, n, tube, minutes=1 + n) for n in people))
    mine, at = t.place.actor("sampler"), t.place.at + timedelta(hours=1)
    close_tubes(closings=[Closing(uuid4(), tube, len(people), mine, at)], by=mine, at=at)
    found = Tube.objects.get(code=tube)
    hand_over_tubes(tube_ids=[found.id], state="sent", by=mine, at=at)
    return found


def results(t: Testing, *rows: ResultRow, post: str = "laboratory") -> LabFile:
    """A laboratory's file."""
    return take_results(file_id=uuid4(), file_name="r.csv", digest="d", rows=rows, by=t.place.actor(post),
                        at=t.place.at + timedelta(hours=5))  # fmt: skip


def test_as_many_rows_come_out_as_came_in_and_each_refused_one_is_named(t: Testing) -> None:
    finished(t, range(3), "SG-0001")
    finished(t, range(3, 5), "SG-0002")
    taken(t, scan(t, 6, "SG-0003"))
    finished(t, range(7, 8), "SG-0004")
    file = results(
        t,
        ResultRow(2, "SG-0001", "negative"),
        ResultRow(3, "SG-0001", "negative"),
        ResultRow(4, "SG-0002", ""),
        ResultRow(5, "SG-0003", "negative"),
        ResultRow(6, "SG-9999", "negative"),
        ResultRow(7, "SG-0004", "negative"),
        ResultRow(8, "SG-0004", "positive"),
    )
    assert file.counts == {"taken": 1, "repeated": 1, "refused": 5} and sum(file.counts.values()) == file.rows == 7
    assert [(r["row"], r["code"]) for r in file.refused] == [
        (4, "sampling.result_unknown"),
        (5, "sampling.tube_open"),
        (6, "sampling.tube_unknown"),
        (7, "sampling.result_differs"),
        (8, "sampling.result_differs"),
    ]
    found = results_of(t.round)
    assert (found.tubes, found.samples, found.waiting) == ({"negative": 1, "": 3}, 7, 3)
    other = results(t, ResultRow(2, "SG-0001", "positive"))
    assert [r["code"] for r in other.refused] == ["sampling.result_differs"]


def test_a_laboratory_of_the_neighbour_knows_no_tube_of_ours(t: Testing) -> None:
    finished(t, range(3), "SG-0001")
    file = results(t, ResultRow(2, "SG-0001", "positive"), post="neighbour")
    assert file.counts["refused"] == 1 and file.refused[0]["code"] == "sampling.tube_unknown"
    assert results_of(t.round).waiting == 1


def test_a_tube_knows_its_people_in_the_order_they_came(t: Testing) -> None:
    tube = finished(t, range(3), "SG-0001")
    assert people_of_tubes([tube.id]) == {tube.id: t.place.people[:3]}


def test_a_thousand_scans_take_no_more_statements_than_ten(t: Testing) -> None:
    def statements(people: range, tubes: int) -> int:
        some = [scan(t, n, f"Q-{people.start}-{n % tubes}") for n in people]
        with CaptureQueriesContext(
            connection,
        ) as met:
            assert set(codes(taken(t, *some))) == {""}
        return len(met)

    few, many = statements(range(4), 1), statements(range(4, 24), 4)
    assert many == few <= 32


def test_a_batch_that_holds_one_bad_scan_keeps_the_others(t: Testing) -> None:
    good, bad = scan(t, 0), scan(t, 1, desk=0, post="neighbour_sampler")
    unknown = Scan(uuid4(), UUID(int=7), "SG-0001", t.place.actor("sampler"), t.place.at, 3, code=code(t, 2))
    assert codes(taken(t, bad, good, unknown)) == ["rounds.desk_missing", "", "rounds.desk_missing"]
    assert Sample.objects.count() == 1
