"""Heads signed by the site's key; and reading the whole log to verify it."""

from lianfang.domains.audit.planning.keys import USE, head_of_row, new_head
from lianfang.domains.audit.planning.verifying import Verdict, verify_log

__all__ = ["USE", "Verdict", "head_of_row", "new_head", "verify_log"]
