"""Phones that are vouched for, and badges for those that are handed on; the keys phones go by."""

from lianfang.domains.devices.services.badges import (
    end_badge,
    hand_over,
    issue_badge,
)
from lianfang.domains.devices.services.phones import (
    Confirming,
    ask_binding,
    begin_vouching,
    confirm_devices,
    end_devices,
    end_phones_of,
    end_scopes,
    end_vouching,
    enter_by_key,
    enter_code,
    give_code,
)
from lianfang.domains.devices.services.token_keys import make_token_key, revoke_token_key

__all__ = [
    "Confirming",
    "ask_binding",
    "begin_vouching",
    "confirm_devices",
    "end_badge",
    "end_devices",
    "end_phones_of",
    "end_scopes",
    "end_vouching",
    "enter_by_key",
    "enter_code",
    "give_code",
    "hand_over",
    "issue_badge",
    "make_token_key",
    "revoke_token_key",
]
