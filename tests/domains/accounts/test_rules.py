"""What a grant gives within its limits, and what the administrator of one body may hand on."""

from __future__ import annotations

import pytest

from lianfang.domains.accounts.rules import clash, is_delegable, narrowed

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
