"""Pages behind an asynchronous server: a request as WSGI says it, bodies and answers in pieces, threads that wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from lianfang.site.pages import EARLY_BYTES, PIECE_BYTES, Pages, environ_of


class Headers:
    """A request's headers, as the server gives them."""

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self.pairs = list(pairs)

    def items(self) -> list[tuple[str, str]]:
        return self.pairs


@dataclass
class Asked:
    """What the server says of a request."""

    headers: Headers
    method: str = "POST"
    path: str = "/a/中"
    query_string: str = "q=1"
    client: str = "[::1]:4000"
    server: str = "127.0.0.1:8000"
    scheme: str = "http"
    http_version: str = "1.1"


@dataclass
class Wire:
    """A line to a visitor who sends parts, and what came back."""

    parts: list[bytes] = field(default_factory=list)
    status: int = 0
    sent: list[bytes] = field(default_factory=list)
    read: int = 0

    async def __call__(self) -> bytes:
        self.read += len(self.parts)
        return b"".join(self.parts)

    async def _each(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            await asyncio.sleep(0)
            self.read += 1
            yield part

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._each()

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.sent = status, [body]

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Wire:
        self.status = status
        return self

    async def send_bytes(self, data: bytes) -> None:
        self.sent.append(data)


def run(app: Callable[..., Any], wire: Wire, *headers: tuple[str, str]) -> Wire:
    """One request through a WSGI application in a thread."""
    asyncio.run(Pages(app, threads=1)(Asked(Headers(*headers)), wire))
    return wire


def reading(environ: dict[str, Any], begin: Callable[..., Any]) -> list[bytes]:
    """Answers with what it was sent."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH", 0)))
    begin("200 OK", [("Content-Type", "text/plain")])
    return [body]


def test_a_request_is_said_as_wsgi_says_it_and_no_header_passes_for_another() -> None:
    own = (("content-type", "text/plain"), ("content-length", "3"), ("x_forwarded_for", "9.9.9.9"))
    headers = Headers(("host", "h"), ("cookie", "a=1"), ("cookie", "b=2"), ("x-a", "1"), ("x-a", "2"), *own)
    e = environ_of(Asked(headers))
    assert e["PATH_INFO"].encode("latin-1").decode() == "/a/中" and e["QUERY_STRING"] == "q=1"
    assert (e["REMOTE_ADDR"], e["SERVER_NAME"], e["SERVER_PORT"]) == ("::1", "127.0.0.1", "8000")
    assert (e["HTTP_COOKIE"], e["HTTP_X_A"], e["CONTENT_TYPE"], e["CONTENT_LENGTH"]) == (
        "a=1; b=2",
        "1,2",
        "text/plain",
        "3",
    )
    assert "HTTP_X_FORWARDED_FOR" not in e and e["wsgi.url_scheme"] == "http"


def test_a_small_body_is_there_before_a_thread_is_taken_and_a_large_one_is_fetched_as_it_is_read() -> None:
    small = run(reading, Wire([b"a", b"bc"]), ("content-length", "3"))
    assert (small.status, small.sent) == (200, [b"abc"])
    parts = [bytes([n]) * EARLY_BYTES for n in range(5)]
    large = run(reading, Wire(parts), ("content-length", str(5 * EARLY_BYTES)))
    assert large.sent == [b"".join(parts)] and large.read == 5


@pytest.mark.parametrize("stated", [(), (("content-length", "x"),), (("content-length", "0"),)])
def test_a_body_whose_length_is_not_stated_is_not_read(stated: tuple[tuple[str, str], ...]) -> None:
    def app(environ: dict[str, Any], begin: Callable[..., Any]) -> list[bytes]:
        begin("204 No Content", [])
        return [environ["wsgi.input"].read()]

    wire = run(app, Wire([b"x" * 100]), *stated)
    assert (wire.status, wire.sent, wire.read) == (204, [b""], 0)


def test_what_nobody_reads_is_not_fetched() -> None:
    def app(environ: dict[str, Any], begin: Callable[..., Any]) -> list[bytes]:
        begin("413 Too Large", [])
        return [b"no"]

    wire = run(app, Wire([b"x" * EARLY_BYTES] * 9), ("content-length", str(9 * EARLY_BYTES)))
    assert (wire.status, wire.sent, wire.read) == (413, [b"no"], 0)


def test_a_long_answer_leaves_in_pieces_and_is_closed() -> None:
    closed = []

    class Long:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"x" * (PIECE_BYTES // 2)] * 7)

        def close(self) -> None:
            closed.append(True)

    def app(environ: dict[str, Any], begin: Callable[..., Any]) -> Long:
        begin("200 OK", [])
        return Long()

    wire = run(app, Wire())
    assert [len(s) for s in wire.sent] == [PIECE_BYTES] * 3 + [PIECE_BYTES // 2] and closed == [True]


def test_an_empty_answer_is_an_answer() -> None:
    def app(environ: dict[str, Any], begin: Callable[..., Any]) -> list[bytes]:
        begin("302 Found", [("Location", "/")])
        return []

    wire = run(app, Wire())
    assert (wire.status, wire.sent) == (302, [b""])
