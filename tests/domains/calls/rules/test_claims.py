"""Judging asks: against a plain simulation one ask at a time, and what must hold of any batch."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.domains.calls.rules import (
    Room,
    Standing,
    Verdict,
    Waiting,
    Wish,
    answer_by,
    asked_from,
    code_digits,
    is_night,
    judge_wishes,
    may_come,
    may_leave,
    move_up,
    overlaps,
    tired,
    weary,
)

T0 = datetime(2026, 7, 21, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
# Shifts as (first hour, last hour, places); asks as (shift, person, minute).
SHIFTS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(0, 3)), min_size=1, max_size=4)
ASKS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 9), st.booleans()), max_size=25)


def room(n: int, first: int, hours: int, places: int) -> Room:
    starts = T0 + first * HOUR
    return Room(UUID(int=n), starts, starts + hours * HOUR, places, 0, 0, 0, T0, None, False)


def wish(n: int, shift: int, person: int, minute: int, waits: bool) -> Wish:
    return Wish(UUID(int=1000 + n), UUID(int=shift), UUID(int=100 + person), T0 + timedelta(minutes=minute), waits)


def judged(shifts: list[tuple[int, int, int]], asks: list[tuple[int, int, int, bool]]) -> list[Verdict]:
    rooms = {UUID(int=n): room(n, *s) for n, s in enumerate(shifts)}
    wishes = [wish(n, *a) for n, a in enumerate(asks)]
    return judge_wishes(wishes, rooms, Standing({}, {}, {}, {}))


def simulated(shifts: list[tuple[int, int, int]], asks: list[tuple[int, int, int, bool]]) -> list[str]:
    """The oracle: people come to a counter one after another, and somebody with paper lists answers each."""
    given: dict[int, list[int]] = {}
    queue: dict[int, list[int]] = {}
    answers: dict[int, str] = {}
    for n in sorted(range(len(asks)), key=lambda n: (asks[n][2], n)):
        shift, person, _, waits = asks[n]
        if shift >= len(shifts):
            answers[n] = "calls.shift_missing"
            continue
        first, hours, places = shifts[shift]
        busy = {h for s, people in given.items() if person in people and s != shift
                for h in range(shifts[s][0], shifts[s][0] + shifts[s][1])}  # fmt: skip
        if person in given.get(shift, []) or person in queue.get(shift, []):
            answers[n] = "repeated"
        elif busy & set(range(first, first + hours)):
            answers[n] = "calls.collides"
        elif len(given.get(shift, [])) < places:
            given.setdefault(shift, []).append(person)
            answers[n] = "claimed"
        elif waits:
            queue.setdefault(shift, []).append(person)
            answers[n] = f"waiting {len(queue[shift])}"
        else:
            answers[n] = "calls.full"
    return [answers[n] for n in range(len(asks))]


def said(v: Verdict) -> str:
    return f"waiting {v.values['place']}" if v.state == "waiting" else v.code or v.state


@settings(max_examples=400, deadline=None)
@given(SHIFTS, ASKS)
def test_a_batch_is_answered_as_if_each_had_come_to_a_counter_in_turn(
    shifts: list[tuple[int, int, int]], asks: list[tuple[int, int, int, bool]]
) -> None:
    assert [said(v) for v in judged(shifts, asks)] == simulated(shifts, asks)


@settings(max_examples=200, deadline=None)
@given(SHIFTS, ASKS)
def test_never_more_claims_than_places_nobody_lost_and_order_by_time(
    shifts: list[tuple[int, int, int]], asks: list[tuple[int, int, int, bool]]
) -> None:
    verdicts = judged(shifts, asks)
    assert len(verdicts) == len(asks) and all(bool(v.code) != bool(v.state) for v in verdicts)
    for n, (_, _, places) in enumerate(shifts):
        mine = sorted((v for v in verdicts if v.state and v.wish.shift_id == UUID(int=n)), key=lambda v: v.order)
        assert sum(v.state == "claimed" for v in mine) <= places
        assert [v.order for v in mine] == list(range(1, len(mine) + 1))
        assert [v.wish.at for v in mine] == sorted(v.wish.at for v in mine)
        firm_last = max((v.order for v in mine if v.state == "claimed"), default=0)
        assert all(v.order > firm_last for v in mine if v.state == "waiting")


def test_a_shift_takes_nobody_before_it_opens_after_it_closes_or_when_it_is_over() -> None:
    at = T0 + timedelta(minutes=30)
    cases = (
        ({"opens_at": at + timedelta(seconds=1)}, "calls.not_yet_open"),
        ({"opens_at": at}, ""),
        ({"closes_at": at}, "calls.closed"),
        ({"closes_at": at + timedelta(seconds=1)}, ""),
        ({"is_closed": True}, "calls.closed"),
        ({"starts_at": T0, "ends_at": at}, "calls.shift_over"),
    )
    for more, code in cases:
        r = room(0, 1, 1, 1)
        for name, value in more.items():
            setattr(r, name, value)
        asked = Wish(UUID(int=1), r.id, UUID(int=2), at)
        assert judge_wishes([asked], {r.id: r}, Standing({}, {}, {}, {}))[0].code == code


def test_two_shifts_that_touch_do_not_overlap() -> None:
    one, two = (T0, T0 + HOUR), (T0 + HOUR, T0 + 2 * HOUR)
    assert not overlaps(one, two) and not overlaps(two, one) and overlaps(one, one)


def test_the_first_who_wait_move_up_and_nobody_into_two_shifts_at_one_time() -> None:
    span, other = (T0, T0 + HOUR), (T0 + HOUR, T0 + 2 * HOUR)
    a, b, c = (UUID(int=n) for n in (1, 2, 3))
    line = [Waiting(UUID(int=10), a, UUID(int=100), span), Waiting(UUID(int=11), a, UUID(int=101), span),
            Waiting(UUID(int=12), b, UUID(int=100), span), Waiting(UUID(int=13), b, UUID(int=102), span),
            Waiting(UUID(int=14), c, UUID(int=100), other)]  # fmt: skip
    assert [w.claim_id.int for w in move_up(line, {a: 1, b: 1, c: 1})] == [10, 13, 14]
    assert move_up(line, {a: 0}) == []


def test_one_may_come_from_an_hour_before_until_the_end_and_leave_after_coming() -> None:
    span, early = (T0, T0 + 4 * HOUR), HOUR
    for at, code in ((T0 - HOUR, ""), (T0 - HOUR - timedelta(seconds=1), "calls.too_early"),
                     (span[1] - timedelta(seconds=1), ""), (span[1], "calls.too_late")):  # fmt: skip
        assert may_come(span, at, early=early)[0] == code
    for at, code in ((T0, ""), (T0 - HOUR, "calls.too_early"), (span[1] + HOUR, ""),
                     (span[1] + 2 * HOUR, "calls.too_late")):  # fmt: skip
        assert may_leave(T0, span[1], at, late=HOUR)[0] == code


def test_a_code_holds_for_one_shift_one_day_and_one_site() -> None:
    day = date(2026, 7, 21)
    codes = {code_digits(key, UUID(int=n), d) for key in (b"a", b"b") for n in range(20)
             for d in (day, day + timedelta(days=1))}  # fmt: skip
    assert len(codes) == 80 and all(len(c) == 6 and c.isdigit() for c in codes)
    assert code_digits(b"a", UUID(int=1), day) == code_digits(b"a", UUID(int=1), day)


def served(*spans: tuple[float, float], new: tuple[float, float], rest: float = 8, most: float = 12) -> str:
    """The verdict on a shift more, in hours of one count."""

    def span(s: tuple[float, float]) -> tuple[datetime, datetime]:
        return T0 + s[0] * HOUR, T0 + s[1] * HOUR

    return tired([span(s) for s in spans], span(new), rest=rest * HOUR, most=most * HOUR)[0]


@pytest.mark.parametrize(
    ("held", "new", "code"),
    [
        ([], (0, 24), ""),  # one alone is the posting lead's own decision
        ([(0, 4)], (4, 8), ""),  # two of four hours on end
        ([(0, 4)], (8, 12), ""),
        ([(0, 8)], (8, 12.5), "calls.too_many_hours"),
        ([(0, 4), (4, 8)], (8, 13), "calls.too_many_hours"),  # the whole chain counts
        ([(0, 4)], (13, 17), ""),  # nine hours between: a rest
        ([(0, 2), (7, 9)], (14, 17), "calls.too_little_rest"),  # seven hours in all, never eight to rest in
        ([(10, 14)], (0, 2), ""),  # exactly a rest
        ([(10, 14)], (0, 3), ""),  # less, but fourteen hours from first to last leave ten
        ([(14, 18)], (7, 9), ""),
        ([(0, 6), (13, 17)], (20, 22), "calls.too_little_rest"),
        ([(-30, -24)], (0, 10), ""),
    ],
)
def test_rest_and_hours_of_a_duty(held: list[tuple[float, float]], new: tuple[float, float], code: str) -> None:
    assert served(*held, new=new) == code


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 8)), max_size=5), st.integers(0, 60), st.integers(1, 8))
def test_a_duty_is_what_no_rest_divides(begins: list[tuple[int, int]], start: int, lasts: int) -> None:
    """Against a walk through the hours: a duty ends where a rest's worth of free hours begins."""
    new, held = (start, start + lasts), []
    for b, n in begins:
        if all(b + n <= s or e <= b for s, e in [*held, new]):
            held.append((b, b + n))
    busy = {h for s, e in [*held, new] for h in range(s, e)}
    first, last = start, start + lasts - 1
    while near := [h for h in busy if first - 8 <= h < first]:  # fewer than eight free hours between
        first = min(near)
    while near := [h for h in busy if last < h <= last + 8]:
        last = max(near)
    total, length = len([h for h in busy if first <= h <= last]), last - first + 1
    alone = not any(first <= s <= last for s, _ in held)
    expected = "" if alone else "calls.too_many_hours" if total > 12 else "calls.too_little_rest" if length > 16 else ""
    assert served(*held, new=new) == expected


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 14)), max_size=6), st.integers(0, 400), st.integers(1, 14),
    st.integers(10, 70),
)  # fmt: skip
def test_no_seven_days_hold_more_than_a_weeks_most(
    begins: list[tuple[int, int]], start: int, lasts: int, most: int
) -> None:
    """Against every window of seven days, hour by hour, that holds the whole new shift."""
    new, held = (start, start + lasts), []
    for b, n in begins:
        if all(b + n <= s or e <= b for s, e in [*held, new]):
            held.append((b, b + n))
    busy = {h for s, e in [*held, new] for h in range(s, e)}
    worst = 0
    for first in range(start + lasts - 168, start + 1):
        others = [h for h in busy if first <= h < first + 168 and not start <= h < start + lasts]
        if others:
            worst = max(worst, len([h for h in busy if first <= h < first + 168]))
    span = [(T0 + s * HOUR, T0 + e * HOUR) for s, e in [*held, new]]
    code = weary(span[:-1], span[-1], week=most * HOUR)[0]
    assert code == ("calls.too_many_week" if worst > most else "")


@given(st.integers(0, 96), st.integers(1, 40), st.sampled_from([(22, 6), (0, 5), (20, 23)]))
def test_a_night_is_met_by_any_moment_in_it(begins: int, lasts: int, night: tuple[int, int]) -> None:
    starts = datetime(2026, 7, 20, tzinfo=UTC) + begins * HOUR / 2
    halves = [(starts + n * HOUR / 2).hour for n in range(lasts)]
    first, last = night
    inside = [first <= h < last if first < last else h >= first or h < last for h in halves]
    assert is_night(starts, starts + lasts * HOUR / 2, night) == any(inside)


WHO = {"bodies": {"tax"}, "kinds": {"bureau"}, "people": {"member"}, "skills": {"swab"}, "teams": {"t1"},
       "homes": {"h1", "h2"}, "reserve": False}  # fmt: skip


@pytest.mark.parametrize(
    ("audience", "fits"),
    [
        ({}, True),
        ({"bodies": ["tax"]}, True),
        ({"bodies": ["court"]}, False),
        ({"bodies": ["court"], "kinds": ["bureau"]}, True),  # a body or a kind of bodies: one question
        ({"kinds": ["school"]}, False),
        ({"people": ["student", "member"], "skills": ["swab"]}, True),
        ({"people": ["member"], "skills": ["driving"]}, False),
        ({"homes": ["h2"]}, True),
        ({"homes": ["h3"]}, False),
        ({"teams": ["t1"], "reserve": True}, False),
    ],
)
def test_whom_an_audience_holds(audience: dict[str, object], fits: bool) -> None:
    assert (asked_from([(T0, audience)], WHO) is not None) == fits


def test_one_is_asked_from_the_first_wave_that_holds_one() -> None:
    waves = [(T0, {"teams": ["t9"]}), (T0 + HOUR, {"people": ["member"]}), (T0 + 2 * HOUR, {})]
    assert asked_from(waves, WHO) == T0 + HOUR
    assert asked_from(waves[:1], WHO) is None


def test_places_are_let_go_wave_by_wave_and_who_comes_too_soon_is_told_when() -> None:
    shift = room(0, 6, 2, 5)
    shift.waves = ((T0, 40), (T0 + HOUR, 100))
    wishes = [wish(n, 0, n, 0, True) for n in range(3)] + [wish(9, 0, 9, 60, True)]
    done = judge_wishes(wishes, {shift.id: shift}, Standing({}, {}, {}, {}))
    assert [v.code or v.state for v in done] == ["claimed", "claimed", "calls.held_back", "claimed"]
    assert done[2].values == {"from": (T0 + HOUR).isoformat(), "places": 3}


def test_light_duty_is_for_the_lead_to_allow_and_off_duty_for_nobody() -> None:
    shift = room(0, 6, 2, 5)
    ask = Wish(UUID(int=1), shift.id, UUID(int=7), T0, why="只站一小时")
    plain = Wish(UUID(int=2), shift.id, UUID(int=8), T0)
    limited = ("calls.limited", {"limits": ["no-standing"]})
    done = judge_wishes([ask, plain], {shift.id: shift}, Standing({}, {}, {}, {ask.id: limited, plain.id: limited}))
    assert [v.code or v.state for v in done] == ["asking", "calls.limited"]
    off = judge_wishes([ask], {shift.id: shift}, Standing({}, {}, {}, {ask.id: ("calls.off_duty", {})}))
    assert off[0].code == "calls.off_duty" and shift.taken == 0


@pytest.mark.parametrize(
    ("hours_left", "minutes"), [(48, 120), (8, 120), (4, 60), (1, 15), (1 / 3, 5), (0.3, None), (-1, None)]
)
def test_the_time_to_answer_shrinks_as_the_shift_nears(hours_left: float, minutes: int | None) -> None:
    until = answer_by(T0, T0 + hours_left * HOUR, share=0.25, most=2 * HOUR, least=timedelta(minutes=5))
    assert until == (None if minutes is None else T0 + timedelta(minutes=minutes))
