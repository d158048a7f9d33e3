"""How numbers, days, clocks and durations are written, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.utils.translation import override

from lianfang.web import words

NOW = datetime(2026, 3, 19, 12, 31, tzinfo=UTC)  # 20:31 in Asia/Shanghai, a Thursday


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1032372, "1,032,372"), (0.5, "0.5"), (12.0, "12"), (1234.567, "1,234.57"), (-3, "-3")],
)
def test_numbers_have_thousands_and_no_needless_digits(value, text):
    assert words.thousands(value) == text


def test_an_unknown_number_says_so_and_is_never_zero():
    with override("en"):
        assert words.thousands(None) == "unknown"


def test_a_clock_is_local_and_has_24_hours():
    assert words.clock_of(NOW) == "20:31"
    assert words.clock_of(datetime(2026, 3, 19, 16, 5, tzinfo=UTC)) == "00:05"


@pytest.mark.parametrize(("language", "text"), [("zh-hans", "3月19日"), ("en", "19 Mar")])
def test_a_day_of_this_year_has_no_year(language, text):
    with override(language):
        assert words.day_text(NOW, date(2026, 12, 31)) == text


@pytest.mark.parametrize(("language", "text"), [("zh-hans", "2025年3月19日"), ("en", "19 Mar 2025")])
def test_a_day_of_another_year_names_it(language, text):
    with override(language):
        assert words.day_text(date(2025, 3, 19), date(2026, 1, 1)) == text


def test_a_day_turns_at_local_midnight():
    late = datetime(2026, 3, 19, 16, 1, tzinfo=UTC)  # 00:01 of the 20th
    with override("zh-hans"):
        assert words.day_text(late, date(2026, 3, 20)) == "3月20日"


@pytest.mark.parametrize(("language", "text"), [("zh-hans", "周四"), ("en", "Thu")])
def test_a_weekday(language, text):
    with override(language):
        assert words.weekday(NOW) == text


def test_a_moment_of_today_is_its_clock_and_else_has_its_day():
    with override("en"):
        assert words.moment_text(NOW, NOW) == "20:31"
        assert words.moment_text(NOW - timedelta(days=1), NOW) == "18 Mar 20:31"
        assert words.moment_text(None, NOW) == ""


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "0 min"),
        (38, "38 min"),
        (60, "1 h"),
        (130, "2 h 10"),
        (48 * 60, "48 h"),
        (48 * 60 + 1, "2 days"),
        (9 * 24 * 60 + 21 * 60, "9 days 21 h"),
    ],
)
def test_a_span_is_in_minutes_hours_and_beyond_two_days_in_days(minutes, text):
    with override("en"):
        assert words.span_text(minutes) == text


def test_a_deadline_ahead_has_a_remainder_and_a_missed_one_says_by_how_much():
    with override("en"):
        assert words.remains_text(NOW + timedelta(hours=2, minutes=10), NOW) == "still 2 h 10"
        assert words.remains_text(NOW - timedelta(minutes=40), NOW) == "40 min late"
        assert words.remains_text(NOW, NOW) == "still 0 min"
        assert words.remains_text(None, NOW) == ""


def test_the_past_is_told_as_a_duration():
    with override("en"):
        assert words.since_text(NOW - timedelta(minutes=38), NOW) == "for 38 min"


def test_a_text_of_data_comes_in_the_readers_language_and_else_in_the_other():
    text = {"zh": "入户摸排", "en": "Door survey"}
    with override("en"):
        assert words.said(text) == "Door survey"
        assert words.said({"zh": "只有中文"}) == "只有中文"
    with override("zh-hans"):
        assert words.said(text) == "入户摸排"
    assert words.said(None) == ""
    assert words.said("plain") == "plain"


def test_a_place_without_an_english_name_keeps_its_own():
    with override("en"):
        assert words.named(SimpleNamespace(name="沙洲社区", name_en="")) == "沙洲社区"
        assert words.named(SimpleNamespace(name="沙洲社区", name_en="Shazhou")) == "Shazhou"


@pytest.mark.parametrize(
    ("history", "text"),
    [([3, 5], "+2"), ([5, 3], "−2"), ([5, 5], "–"), ([0, 0, 7], "first day"), ([0, 0], "–"), ([5], ""), ([], "")],
)
def test_a_difference_names_the_first_day_instead_of_a_growth(history, text):
    with override("en"):
        assert words.difference(history) == text


def test_a_bar_is_a_share_between_nothing_and_all():
    assert 'width="50.0"' in words.bar(1, 2)
    assert 'width="100.0"' in words.bar(5, 2)
    assert 'width="0.0"' in words.bar(0, 0)
    assert "style" not in words.bar(1, 2)


def test_a_line_of_days_ends_in_a_dot_and_is_empty_without_anything_to_compare():
    assert 'cx="92.0"' in words.spark([1, 2, 3])
    assert words.spark([4]) == ""
    assert words.spark([0, 0, 0]) == ""
