"""Codes of printed pages: one wrong letter, or two that changed places, is never another page's code."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lianfang.domains.work.rules.paper import LETTERS, code_of, code_read

NUMBERS = st.integers(0, 2**64 - 1)


@given(NUMBERS)
def test_a_code_is_read_as_it_is_written_by_hand(number: int) -> None:
    code = code_of(number)
    assert len(code) == 9 and code_read(code) == code
    assert code_read(f" {code[:3].lower()} {code[3:6]}-{code[6:]}\n") == code


@given(NUMBERS, st.integers(0, 8), st.sampled_from(LETTERS))
def test_one_wrong_letter_is_told(number: int, place: int, letter: str) -> None:
    code = code_of(number)
    wrong = code[:place] + letter + code[place + 1 :]
    assert code_read(wrong) == (code if wrong == code else "")


@given(NUMBERS, st.integers(0, 7))
def test_two_letters_that_changed_places_are_told(number: int, place: int) -> None:
    code = code_of(number)
    wrong = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert code_read(wrong) == (code if wrong == code else "")


def test_what_is_no_code_is_none() -> None:
    assert [code_read(t) for t in ("", "O" * 9, "赵" * 9, code_of(1) + "2", code_of(1)[:-1])] == [""] * 5
