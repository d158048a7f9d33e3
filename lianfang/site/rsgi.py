"""The site as granian serves it: the door of a rush on the loop itself, all else Django's pages in threads."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence

from django.conf import settings

from lianfang.base import clock
from lianfang.base.numerals import whole_in
from lianfang.site.judge import Judge
from lianfang.site.pages import Line, Pages, Scope
from lianfang.site.wsgi import application as pages_application  # sets Django up: what is read below holds models
from lianfang.web.gather import Gathering
from lianfang.web.guard import bare_headers
from lianfang.web.rush import BUSY, MOST_BYTES, RETRY_SECONDS, TOO_LARGE, Heard, Reply, heard

# Threads of one process take turns at Python; with its own 5 ms each page being made would hold up every press.
TURN_S = 0.0005
PAGE_THREADS = 4
MOST_LOOSE = 10_000  # objects made before Python looks which of them are rings that nobody holds
RUSH = "/calls/rush"
JUDGES = 2  # a judge waits for the database a third of its time
MOST_WAITING, MOST_AT_ONCE, WAIT_S = 4000, 1000, 1.6


class RushDoor:
    """Takes presses without a thread for each: they wait on the loop for the batch that judges them.

    All for one shift wait for the same judge, so that no judge waits for a row that another has locked.
    """

    def __init__(self, judges: Sequence[Callable[[Sequence[Heard]], Sequence[Reply]]]) -> None:
        self._lanes: list[Gathering[Heard, Reply]] = [
            Gathering(j, busy=BUSY, most_waiting=MOST_WAITING, most_at_once=MOST_AT_ONCE, wait_s=WAIT_S) for j in judges
        ]
        self._headers = [(n.lower(), v) for n, v in bare_headers()]
        self._busy_headers = [*self._headers, ("retry-after", str(RETRY_SECONDS))]

    async def __call__(self, scope: Scope, line: Line) -> None:
        """One press: read, wait for the batch, answer."""
        read = await self._read(scope, line)
        reply = read if isinstance(read, Reply) else await self._lane(read).ask(read)
        line.response_bytes(reply.status, self._busy_headers if reply.status == 503 else self._headers, reply.body)

    def _lane(self, press: Heard) -> Gathering[Heard, Reply]:
        return self._lanes[press.shift.int % len(self._lanes)]

    async def _read(self, scope: Scope, line: Line) -> Heard | Reply:
        stated = scope.headers.get("content-length", "")
        size = whole_in(stated)
        if size is None or size > MOST_BYTES:
            return TOO_LARGE
        return heard(await line(), session=session_in(scope.headers.get("cookie", "")), at=clock.now())


def session_in(cookies: str) -> str:
    """The key of the session in a request's cookies; nothing where there is none."""
    for part in cookies.split(";"):
        name, _, value = part.strip().partition("=")
        if name == settings.SESSION_COOKIE_NAME:
            return value
    return ""


class Site:
    """Which door a request goes to."""

    def __init__(self) -> None:
        self._judges = [Judge() for _ in range(JUDGES)]
        self._rush = RushDoor([j.answers for j in self._judges])
        self._pages = Pages(pages_application, threads=PAGE_THREADS)

    async def __rsgi__(self, scope: Scope, line: Line) -> None:
        await (self._rush if scope.path == RUSH and scope.method == "POST" else self._pages)(scope, line)

    def __rsgi_del__(self, loop: object) -> None:
        for judge in self._judges:
            judge.end()


sys.setswitchinterval(TURN_S)
application = Site()
# What stands now stands as long as the process: walked again and again with what presses leave, it was nearly half
# of what a press costs here.
gc.collect()
gc.freeze()
gc.set_threshold(MOST_LOOSE)
