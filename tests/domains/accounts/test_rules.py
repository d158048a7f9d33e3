"""What a grant gives within its limits, and what the administrator of one body may hand on."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import pytest

from lianfang.domains.accounts.rules import (
    Ticket,
    clash,
    is_delegable,
    narrowed,
    session_stamp,
    ticket_in,
    ticket_text,
)

MEDIC = {"level": "county", "rights": ["areas.read", "grid.read_full", "work.do"]}
VOLUNTEER = {"level": "committee", "rights": ["areas.read", "work.do"]}


def test_a_grant_without_limits_gives_all_its_role_has() -> None:
    rights = ["grid.read", "work.do", "accounts.grant"]
    assert narrowed(rights, is_of_incident=False, is_of_body=False) == frozenset(rights)


def test_a_grant_for_one_incident_gives_what_belongs_to_incidents_and_never_the_register_or_accounts() -> None:
    rights = ["grid.read", "grid.read_full", "work.do", "zones.draft", "accounts.grant", "audit.read", "areas.read"]
    assert narrowed(rights, is_of_incident=True, is_of_body=False) == {"work.do", "zones.draft"}


def test_a_grant_over_one_body_gives_its_accounts_alone() -> None:
    assert narrowed(["accounts.grant", "drill.play", "grid.read"], is_of_incident=False, is_of_body=True) == {
        "accounts.grant"
    }


@pytest.mark.parametrize(
    ("role", "level", "may"),
    [
        (VOLUNTEER, "committee", True),
        (VOLUNTEER, "county", True),
        (VOLUNTEER, "grid", True),  # a grid counts as its committee
        (MEDIC, "county", True),
        (MEDIC, "street", False),  # above the area
        (MEDIC, "grid", False),
        ({**MEDIC, "reserved": True}, "county", False),
        ({"level": "committee", "rights": ["accounts.grant"]}, "committee", False),  # reserved whatever the file says
        ({"level": "committee", "rights": ["audit.read"]}, "committee", False),
        ({"level": "planet", "rights": []}, "county", False),
    ],
)
def test_what_may_be_handed_on_is_not_reserved_and_not_above_the_area(
    role: dict[str, object], level: str, may: bool
) -> None:
    assert is_delegable(role, area_level=level) is may


def test_granting_and_reading_the_log_clash_in_one_account() -> None:
    grants, reads = {"rights": ["accounts.grant"]}, {"rights": ["audit.read", "areas.read"]}
    assert clash([grants, reads]) and not clash([grants, MEDIC]) and not clash([reads, MEDIC])


KEY, SESSION = b"k" * 32, "a" * 32


def a_ticket(**more: Any) -> Ticket:
    given: dict[str, Any] = {"account_id": UUID(int=7), "stamp": session_stamp("hash", 0), "mark": "abcdefghijkl",
                             "device": None, "until_s": 1000}  # fmt: skip
    return Ticket(**given | more)


@pytest.mark.parametrize("ticket", [a_ticket(), a_ticket(mark=""), a_ticket(device=UUID(int=9))])
def test_a_ticket_says_what_it_was_made_of_until_its_moment(ticket: Ticket) -> None:
    text = ticket_text(ticket, session=SESSION, key=KEY)
    assert ticket_in(text, session=SESSION, key=KEY, now_s=999.9) == ticket
    assert ticket_in(text, session=SESSION, key=KEY, now_s=1000) is None


def test_a_ticket_of_another_session_or_key_or_changed_anywhere_says_nothing() -> None:
    text = ticket_text(a_ticket(), session=SESSION, key=KEY)
    raw = base64.urlsafe_b64decode(text)
    assert ticket_in(text, session="b" * 32, key=KEY, now_s=1) is None
    assert ticket_in(text, session=SESSION, key=b"l" * 32, now_s=1) is None
    for n in range(len(raw)):
        changed = raw[:n] + bytes([raw[n] ^ 1]) + raw[n + 1 :]
        assert ticket_in(base64.urlsafe_b64encode(changed).decode(), session=SESSION, key=KEY, now_s=1) is None
    for torn in ("", "x", "中", text[:-4], text + "AAAA", "A" * len(text)):
        assert ticket_in(torn, session=SESSION, key=KEY, now_s=1) is None


def test_the_stamp_changes_with_the_password_and_with_the_round() -> None:
    assert len({session_stamp("one", 0), session_stamp("one", 1), session_stamp("two", 0)}) == 3
