"""The process that judges a rush: it answers batches, another stands ready when it is gone, and it ends with us."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import connection

from lianfang.domains.accounts.rules import Ticket
from lianfang.site.judge import Judge, JudgeGone
from lianfang.web.rush import Heard, Reply
from tests.site.serving import environment_of


@pytest.fixture
def judge(own_database: None, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """A judge over a database of the test's own."""
    for name, value in environment_of(str(connection.settings_dict["NAME"])).items():
        monkeypatch.setenv(name, value)
    connection.close_pool()
    return Judge()


def nobodys_press() -> Heard:
    ticket = Ticket(uuid4(), "00" * 8, "", None, 2**31)
    return Heard(uuid4(), uuid4(), False, "en", ticket, "no session", datetime.now(UTC))


OVER = Reply(403, b'{"code":"accounts.ticket_over"}')


def test_batches_are_answered_and_a_judge_that_is_gone_is_replaced(judge: Judge) -> None:
    assert judge.answers([nobodys_press(), nobodys_press()]) == [OVER, OVER] and judge.answers([]) == []
    os.kill(judge._process.pid, signal.SIGKILL)
    with pytest.raises(JudgeGone):
        judge.answers([nobodys_press()])
    assert judge.answers([nobodys_press()]) == [OVER]
    judge.end()  # its input ends, as when the server does, whatever ended that
    assert judge._process.returncode == 0
