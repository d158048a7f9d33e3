"""The site as granian serves it: the door of a rush on the loop itself, all else Django's pages in threads."""

from __future__ import annotations

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
RUSH = "/calls/rush"
MOST_WAITING, MOST_AT_ONCE, WAIT_S = 4000, 1000, 1.6


class RushDoor:
    """Takes presses without a thread for each: they wait on the loop for the batch that judges them."""

    def __init__(self, judge: Callable[[Sequence[Heard]], Sequence[Reply]]) -> None:
        self._gathering: Gathering[Heard, Reply] = Gathering(
            judge, busy=BUSY, most_waiting=MOST_WAITING, most_at_once=MOST_AT_ONCE, wait_s=WAIT_S
        )
        self._headers = [(n.lower(), v) for n, v in bare_headers()]
        self._busy_headers = [*self._headers, ("retry-after", str(RETRY_SECONDS))]

    async def __call__(self, scope: Scope, line: Line) -> None:
        """One press: read, wait for the batch, answer."""
        read = await self._read(scope, line)
        reply = read if isinstance(read, Reply) else await self._gathering.ask(read)
        line.response_bytes(reply.status, self._busy_headers if reply.status == 503 else self._headers, reply.body)

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
        self._judge = Judge()
        self._rush, self._pages = RushDoor(self._judge.answers), Pages(pages_application, threads=PAGE_THREADS)

    async def __rsgi__(self, scope: Scope, line: Line) -> None:
        await (self._rush if scope.path == RUSH and scope.method == "POST" else self._pages)(scope, line)

    def __rsgi_del__(self, loop: object) -> None:
        self._judge.end()


sys.setswitchinterval(TURN_S)
application = Site()
