"""The log of the process: kind and place of a bug, never a value of a person."""

from __future__ import annotations

import logging
import sys

from lianfang.site.quiet import QuietFormatter

NAME, NUMBER = "赵国强", "440203198001020117"


def line_of(message: str, *args: object, is_error: bool = False) -> str:
    """What the formatter makes of a record, with the error at hand where there is one."""
    told = sys.exc_info() if is_error else None
    return QuietFormatter().format(logging.LogRecord("django.request", 40, "f.py", 1, message, args, told))


def _breaks(name: str) -> None:
    try:
        raise KeyError(name)
    except KeyError as e:
        raise ValueError(f"no such person: {name} {NUMBER}") from e


def test_an_errors_text_and_its_causes_texts_stay_out_and_its_places_stay_in() -> None:
    try:
        _breaks(NAME)
    except ValueError:
        line = line_of("Internal Server Error: %s", "/register?q=" + NAME, is_error=True)
    assert NAME not in line and NUMBER not in line
    assert "builtins.ValueError" in line and "builtins.KeyError" in line and "_breaks" in line
    assert line.startswith("Internal Server Error: /register\n")


def test_an_error_given_as_a_value_is_told_by_its_kind() -> None:
    assert line_of("failed: %s", ValueError(NAME)) == "failed: ValueError"
    assert line_of(ValueError(NAME)) == "ValueError"  # type: ignore[arg-type]  # an error where a record is looked for


def test_a_record_is_left_as_it_was_for_other_handlers() -> None:
    record = logging.LogRecord("x", 40, "f.py", 1, "%s", ("/a?b",), None)
    assert (QuietFormatter().format(record), record.getMessage()) == ("/a", "/a?b")


def test_a_circle_of_causes_ends() -> None:
    try:
        try:
            raise ValueError(NAME)
        except ValueError as e:
            raise e from e
    except ValueError:
        assert line_of("x", is_error=True).count("builtins.ValueError") == 1
