"""The site as `lianfang serve` serves it, in processes of their own over a test's database, and phones that press."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlparse
from uuid import UUID, uuid4

from django.conf import settings

from lianfang.cli.commands import server_command
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.rules import Ticket, session_stamp, ticket_text
from lianfang.domains.privacy.queries import site_key
from tests.house.source import ROOT

UNTIL_S = 2**31


def environment_of(database: str) -> dict[str, str]:
    """What a process of ours must be told to use a test's database and read static files where they lie."""
    own = settings.OWN_DATABASE_URL
    found = {"LIANFANG_DATABASE": database, "LIANFANG_STATE": str(settings.STATE), "PYTHONPATH": str(ROOT),
             "LIANFANG_STATIC": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # fmt: skip
    return found | ({"LIANFANG_DATABASE_URL": urlparse(own)._replace(path=f"/{database}").geturl()} if own else {})


class Served:
    """The served site; it may be killed and started again on the same port."""

    def __init__(self, database: str) -> None:
        self.environment = {**os.environ, **environment_of(database)}
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = int(s.getsockname()[1])
        self.start()

    def start(self) -> None:
        """Come up, with the judge ready."""
        command = server_command("127.0.0.1", self.port)
        self.process = subprocess.Popen(
            command, env=self.environment, start_new_session=True, stderr=subprocess.DEVNULL
        )
        for _ in range(200):
            try:
                if self.sent("GET", "/static/js/rush.mjs")[0]:
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the site did not come up")

    def kill(self) -> None:
        """As when the machine's power goes: all processes at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def sent(
        self, method: str, path: str, body: bytes = b"", *, timeout: float = 5, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            line.request(method, path, body or None, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = line.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            line.close()


class Phone:
    """Somebody signed in who presses for a shift and presses again until there is an answer."""

    def __init__(self, site: Served, account: Account, session: str, shift_id: UUID, *, waits: bool = False) -> None:
        ticket = Ticket(account.id, session_stamp(account.password, 0), "", None, UNTIL_S - 1)
        told = {"ticket": ticket_text(ticket, session=session, key=site_key()), "id": str(uuid4()),
                "shift": str(shift_id), "waits": waits, "language": "en"}  # fmt: skip
        self.site, self.account, self.body = site, account, json.dumps(told).encode()
        self.cookie = f"django_language=en; {settings.SESSION_COOKIE_NAME}={session}"
        self.codes: list[str] = []
        self.turned_away = 0
        self.unanswered = 0
        self.longest_s = 0.0

    def press_once(self) -> tuple[int, dict[str, str], dict[str, Any]]:
        """One try; status 0 if nobody answers."""
        begun = time.monotonic()
        try:
            status, headers, told = self.site.sent("POST", "/calls/rush", self.body, Cookie=self.cookie)
        except (OSError, http.client.HTTPException):
            return 0, {}, {}
        self.longest_s = max(self.longest_s, time.monotonic() - begun)
        return status, headers, json.loads(told)

    def press_and_lose_the_answer(self) -> None:
        """The press arrives; the phone loses its signal before it hears."""
        with socket.create_connection(("127.0.0.1", self.site.port)) as line:
            head = f"POST /calls/rush HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self.cookie}\r\n"
            line.sendall(f"{head}Content-Length: {len(self.body)}\r\n\r\n".encode() + self.body)
            time.sleep(0.05)

    def press(self, *, times: int = 1) -> None:
        """Press until answered, so many times over; the same press each time."""
        while len(self.codes) < times:
            status, _, told = self.press_once()
            if status in (0, 503):
                self.turned_away += status == 503
                self.unanswered += status == 0
                time.sleep(0.1)
            else:
                self.codes.append(told["code"] or told["state"])


def together(acts: Sequence[Callable[[], object]]) -> list[threading.Thread]:
    """All begun at once, each in a thread of its own."""
    threads = [threading.Thread(target=act, daemon=True) for act in acts]
    for t in threads:
        t.start()
    return threads


def signed_in(people: Sequence[Account]) -> list[str]:
    """Keys of a session for each."""
    from datetime import timedelta

    from django.contrib.sessions.models import Session

    from lianfang.base import clock

    keys = [uuid4().hex for _ in people]
    until = clock.now() + timedelta(hours=1)
    Session.objects.bulk_create([Session(session_key=k, session_data="", expire_date=until) for k in keys])
    return keys
