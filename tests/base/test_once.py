"""What a reading request asks twice is asked once; without a memory every question is asked."""

from __future__ import annotations

from lianfang.base.once import note, once, remembering


def test_a_request_asks_the_same_question_once():
    asked: list[int] = []

    def ask() -> int:
        asked.append(1)
        return 7

    with remembering():
        assert once("key", ask) == 7
        assert once("key", ask) == 7
        assert once("other", ask) == 7
    assert len(asked) == 2


def test_nothing_is_kept_from_one_request_to_the_next_or_without_one():
    answers = iter([1, 2, 3])
    with remembering():
        assert once("key", lambda: next(answers)) == 1
    with remembering():
        assert once("key", lambda: next(answers)) == 2
    assert once("key", lambda: next(answers)) == 3


def test_an_answer_of_nothing_is_an_answer():
    asked: list[int] = []
    with remembering():
        assert once("none", lambda: asked.append(1)) is None
        assert once("none", lambda: asked.append(1)) is None
    assert len(asked) == 1


def test_an_answer_that_came_along_is_not_asked_for_and_is_gone_with_its_request():
    with remembering():
        note("key", 5)
        assert once("key", lambda: 7) == 5
    with remembering():
        assert once("key", lambda: 7) == 7
    note("key", 5)
    assert once("key", lambda: 7) == 7
