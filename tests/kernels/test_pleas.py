"""Pleas read by cues: hand-solved texts, and what must hold of any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernels.pleas import GAP, Cue, cues_of, read_plea

DANGERS = ("life", "health", "hardship", "routine")
CUES = (
    Cue("kind", "medicine", ("药…完", "买药"), 6, (), False),
    Cue("kind", "doctor", ("发烧", "看病"), 3),
    Cue("kind", "gas", ("煤气", "gas"), 6, ("中毒",), False),
    Cue("danger", "life", ("煤气中毒", "喘不上气"), 6, (), False),
    Cue("danger", "health", ("发烧",), 2),
    Cue("danger", "health", ("药…完",), 2, (), False),
    Cue("group", "elder", ("老人",), 4),
)


def read(text: str, enough: int = 3) -> tuple[str, str, str, int]:
    found = read_plea(text, CUES, dangers=DANGERS, enough=enough)
    return found.kind, found.danger, found.group, found.margin


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("老人的药快吃完了", ("medicine", "health", "elder", 6)),
        ("发烧", ("doctor", "health", "", 3)),
        ("没发烧，想看病", ("doctor", "", "", 3)),  # not ill, yet wants a doctor
        ("发烧，药也吃完了", ("medicine", "health", "", 3)),  # six against three
        ("煤气没了", ("gas", "", "", 6)),
        ("煤气中毒了", ("", "life", "", 0)),  # silenced by the other word
        ("Gas is empty", ("gas", "", "", 6)),
        ("ＧＡＳ　没了", ("gas", "", "", 6)),  # full width
        ("药。都完", ("", "", "", 0)),  # over the end of a clause
        ("药" + "很" * GAP + "完", ("medicine", "health", "", 6)),
        ("药" + "很" * (GAP + 1) + "完", ("", "", "", 0)),
        ("", ("", "", "", 0)),
        ("😭", ("", "", "", 0)),
        ("ང་ལ་སྨན་དགོས", ("", "", "", 0)),
    ],
)
def test_a_text_is_the_sum_of_its_cues(text: str, found: tuple[str, str, str, int]) -> None:
    assert read(text) == found


def test_weak_signs_of_one_danger_add_up_and_alone_are_not_enough_but_named() -> None:
    weak = read_plea("发烧", CUES, dangers=DANGERS, enough=3)
    assert weak.danger == "health" and sum(f.cue.weight for f in weak.found if f.cue.axis == "danger") == 2
    both = read_plea("发烧，药完了", CUES, dangers=DANGERS, enough=4)
    assert both.danger == "health"
    assert [f.words for f in both.found] == ["药完", "发烧", "发烧", "药完"]  # in the order of the cues


@given(st.text(max_size=60))
def test_any_text_is_read_and_whatever_counted_stands_in_it(text: str) -> None:
    found = read_plea(text, CUES, dangers=DANGERS)
    assert found.margin >= 0 and (found.kind == "") == (not any(f.cue.axis == "kind" for f in found.found))
    assert found == read_plea(text, CUES, dangers=DANGERS)
    weights: dict[str, int] = {}
    for f in found.found:
        if f.cue.axis == "kind":
            weights[f.cue.value] = weights.get(f.cue.value, 0) + f.cue.weight
    assert not weights or weights[found.kind] == max(weights.values())


@given(st.text(alphabet="发烧看病药完老人煤气没不，", max_size=30), st.text(alphabet="abcdef ", max_size=8))
def test_words_that_no_cue_knows_change_nothing(text: str, more: str) -> None:
    assert read(text + "，" + more) == read(text + "，")


def test_a_line_that_cannot_be_a_cue_is_told() -> None:
    good = {"axis": "kind", "value": "gas", "words": ["煤气"], "weight": 3}
    assert cues_of([good]) == (Cue("kind", "gas", ("煤气",), 3),)
    for wrong in ({"axis": "mood"}, {"weight": 0}, {"weight": 10}, {"words": [""]}):
        with pytest.raises(ValueError, match="gas"):
            cues_of([good | wrong])
