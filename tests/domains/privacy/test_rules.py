"""Masking, and which words a person is found under."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.domains.privacy.rules import asked_words, index_words, masked, masked_name


@pytest.mark.parametrize(
    ("name", "shown"), [("吴国成", "吴*成"), ("钱立", "钱*"), ("欧阳修远", "欧*远"), ("", ""), ("Dorje", "D***")]
)
def test_a_name_keeps_its_ends(name: str, shown: str) -> None:
    assert masked_name(name) == shown


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("id_number", "440203198501010012", "…0012"),
        ("phone", "13800001234", "…1234"),
        ("birth_date", "1985-01-01", "1985"),
        ("phone", "", ""),
        ("note", "anything", "…"),
    ],
)
def test_other_values_keep_only_what_tells_two_apart(field: str, value: str, shown: str) -> None:
    assert masked(field, value) == shown


NAMES = st.text(alphabet="王李张刘陈杨赵黄小明国强秀英", min_size=2, max_size=4)


@given(NAMES)
def test_every_part_of_a_name_of_two_characters_finds_it(name: str) -> None:
    words = set(index_words(name, "", ""))
    for i in range(len(name) - 1):
        for j in range(i + 2, len(name) + 1):
            assert set(asked_words(name[i:j])) <= words


@given(NAMES, st.from_regex(r"[0-9]{17}[0-9X]", fullmatch=True), st.from_regex(r"1[0-9]{10}", fullmatch=True))
def test_the_last_four_and_the_phone_find_it(name: str, number: str, phone: str) -> None:
    words = set(index_words(name, number, phone))
    assert set(asked_words(number[-4:])) <= words and set(asked_words(phone)) <= words
