"""Every refusal of the house has its four sentences, in both languages, with its values filled in."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.utils.translation import override

from lianfang.web.messages import ALL, DONE, all_codes, done_sentence, in_words, sentence

PACKAGE = Path(__file__).resolve().parents[2] / "lianfang"


def codes_raised() -> set[str]:
    """Codes of all refusals, read from the source: a class attribute `code` of text with a dot."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ClassDef):
                continue
            for line in node.body:
                targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
                if [getattr(t, "id", "") for t in targets] == ["code"]:
                    value = getattr(getattr(line, "value", None), "value", None)
                    found |= {value} if isinstance(value, str) and "." in value else set()
    return found


def test_every_refusal_has_its_sentences_and_no_sentence_is_left_over():
    assert codes_raised() == all_codes()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("code", sorted(ALL))
def test_a_refusal_has_four_parts_even_without_values(code, language):
    with override(language):
        said = sentence(code, {})
    assert said.what
    assert said.next
    assert said.who
    assert "%(" not in said.why


@pytest.mark.parametrize("code", sorted(ALL))
def test_sentences_end_and_do_not_shout(code):
    what, why, next_, who = ALL[code]
    assert all(part[-1] in ".…" for part in (next_, who))
    assert why[-1] in ".)s"
    assert "!" not in "".join((what, why, next_, who))


def test_values_stand_in_the_sentence():
    with override("en"):
        assert "3 rows" in sentence("grid.file_has_bad_rows", {"bad": 3}).why
        assert "10 places" in sentence("places.full", {"place": "Hall", "capacity": 10}).why


def test_codes_among_the_values_become_words():
    with override("en"):
        assert "look at the register" in sentence("accounts.right_missing", {"right": "grid.read"}).why
        assert in_words(["open", "Zhang"]) == "open, Zhang"
        assert in_words({"row": 3, "field": "name"}) == "3 name"


def test_text_with_a_percent_sign_is_only_text():
    assert "100 %(x)s" in sentence("accounts.name_taken", {"username": "100 %(x)s"}).why


def test_an_unknown_code_is_a_bug_under_test():
    with pytest.raises(KeyError):
        sentence("nobody.knows", {})


def test_the_line_after_something_was_done_comes_from_our_codes_only():
    assert all(done_sentence(code) for code in DONE)
    assert done_sentence("<script>") == ""


def test_blanks_are_the_same_in_both_languages():
    for parts in ALL.values():
        for part in parts:
            with override("zh-hans"):
                from django.utils.translation import gettext

                assert set(re.findall(r"%\((\w+)\)s", gettext(part))) <= set(re.findall(r"%\((\w+)\)s", part))


def test_a_fix_from_one_moment_to_another_is_said_in_words_and_a_moment_of_no_calendar_as_it_is() -> None:
    with override("en"):
        assert in_words("2026-11-24T01:07:00+08:00 – 2026-11-25T02:00:00+08:00") == "24 Nov 01:07 – 25 Nov 02:00"
        assert in_words("2026-99-99T99:99+08:00") == "2026-99-99T99:99+08:00"
