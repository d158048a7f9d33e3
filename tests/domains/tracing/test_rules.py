"""The window of a case, the order of steps, and the times of a visit, on plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lianfang.domains.tracing.rules import STEPS, is_dependant, may_advance, visit_fault, window_of

T = datetime(2022, 3, 14, 6, 0, tzinfo=UTC)
D = timedelta(days=1)


def test_the_window_opens_before_onset_and_without_signs_before_the_sample() -> None:
    given = {"until_at": T + D, "days": 2, "sample_days": 3}
    assert window_of(onset_at=T, sampled_at=T - D, **given) == (T - 2 * D, T + D)
    assert window_of(onset_at=None, sampled_at=T, **given) == (T - 3 * D, T + D)
    assert window_of(onset_at=None, sampled_at=None, **given) is None


def test_a_contact_goes_forward_only_and_may_pass_a_step_over() -> None:
    forward = {(a, b) for a in STEPS for b in STEPS if may_advance(a, b)}
    assert ("listed", "isolated") in forward and ("isolated", "listed") not in forward
    assert all((b, a) not in forward for a, b in forward) and not any(a == b for a, b in forward)
    assert not may_advance("proposed", "located") and not may_advance("rejected", "listed")


@pytest.mark.parametrize(
    ("begins", "ends", "code"),
    [(1, 2, "tracing.visit_to_come"), (-2, -2, "tracing.visit_backwards"), (-1, -2, "tracing.visit_backwards"),
     (-2, 0, ""), (-2, -1, "")],
)  # fmt: skip
def test_a_visit_begins_before_it_ends_and_ends_by_now(begins: int, ends: int, code: str) -> None:
    assert visit_fault(T + begins * D, T + ends * D, T) == code


def test_children_and_marked_people_cannot_be_left_and_an_unknown_age_is_no_child() -> None:
    needing = frozenset({"bedridden"})
    given = [(15, frozenset()), (16, frozenset()), (None, frozenset()), (40, needing), (40, frozenset({"chronic"}))]
    assert [is_dependant(a, f, adult=16, needing=needing) for a, f in given] == [True, False, False, True, False]
