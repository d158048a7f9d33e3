"""What the chain needs from outside the database: the site's signing keys; and reading the whole log to verify it."""

from lianfang.domains.audit.planning.keys import head_of_row, known_keys, make_signing_key, new_head, signing_key
from lianfang.domains.audit.planning.verifying import Verdict, verify_log

__all__ = ["Verdict", "head_of_row", "known_keys", "make_signing_key", "new_head", "signing_key", "verify_log"]
