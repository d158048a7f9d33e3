"""How far the log is sealed, as the auditor's page says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lianfang.domains.audit.queries import chain_state
from tests.conftest import T0
from tests.domains.audit.conftest import cursors, link, sign, write


@pytest.mark.database
def test_what_waits_is_counted_and_what_is_sealed_has_its_time_and_head(own_database: None, own_keys: Path) -> None:
    before = chain_state()
    assert before.linked == 0 and before.waiting > 0 and before.linked_at is None and before.head is None
    link()
    write(3)
    link()
    sign()
    write(2)
    state = chain_state()
    assert (state.waiting, state.linked, state.linked_at) == (2, before.waiting + 3, T0)
    assert state.head and state.head.total == state.linked and len(cursors()) == 5
