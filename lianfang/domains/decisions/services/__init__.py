"""Asking an authority and its word; asking an office that has no account."""

from lianfang.domains.decisions.services.deciding import ask_decision, escalate_step, say, withdraw_decision
from lianfang.domains.decisions.services.office_links import ACTS, held_link, issue_link, revoke_link, speak_by_link

__all__ = [
    "ACTS",
    "ask_decision",
    "escalate_step",
    "held_link",
    "issue_link",
    "revoke_link",
    "say",
    "speak_by_link",
    "withdraw_decision",
]
