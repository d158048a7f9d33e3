"""Pages behind an asynchronous server: Django's WSGI handler in a few threads; large bodies are never kept whole."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

Headers = list[tuple[str, str]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Any]
EARLY_BYTES = 64 * 1024  # read before a thread is taken, so that a slow phone's form holds none
PIECE_BYTES = 256 * 1024  # of an answer, sent together; most answers are one


class Scope(Protocol):
    """What the server says of a request (RSGI)."""

    method: str
    path: str
    query_string: str
    client: str
    server: str
    scheme: str
    http_version: str
    headers: Any


class Line(Protocol):
    """How a request's body is read and its answer given (RSGI)."""

    def __call__(self) -> Awaitable[bytes]: ...
    def __aiter__(self) -> Any: ...
    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...
    def response_stream(self, status: int, headers: Headers) -> Any: ...


class Body(io.RawIOBase):
    """A large body, each part fetched when the thread reads it."""

    def __init__(self, following: Callable[[], bytes]) -> None:
        self._held, self._following, self._is_over = b"", following, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._held and not self._is_over:
            self._held = self._following()
            self._is_over = not self._held
        n = min(len(buffer), len(self._held))
        buffer[:n], self._held = self._held[:n], self._held[n:]
        return n


def environ_of(scope: Scope) -> dict[str, Any]:
    """A request as PEP 3333 says it. Headers whose name has an underscore would pass for others, and are left out."""
    host, _, port = scope.server.rpartition(":")
    found: dict[str, Any] = {
        "REQUEST_METHOD": scope.method, "SCRIPT_NAME": "", "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string, "SERVER_NAME": host, "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}", "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0), "wsgi.url_scheme": scope.scheme, "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
    }  # fmt: skip
    for name, value in scope.headers.items():
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        found[key] = f"{found[key]}{joint}{value}" if key in found else value
    return found


@dataclass
class Answer:
    """What a page answers: its head, then pieces of which the last is known to be the last."""

    status: int = 500
    headers: Headers = field(default_factory=list)

    def begin(self, status: str, headers: Headers, exc_info: Any = None) -> None:
        """WSGI's start_response."""
        self.status, self.headers = int(status[:3]), [(n.lower(), v) for n, v in headers]


def in_pieces(answer: Any) -> Iterator[bytes]:
    """An answer's parts, so many put together that each piece is worth the sending."""
    held: list[bytes] = []
    size = 0
    for part in answer:
        if size >= PIECE_BYTES:
            yield b"".join(held)
            held, size = [], 0
        held.append(part)
        size += len(part)
    yield b"".join(held)


class Pages:
    """Hands each request to a WSGI application, in one of so many threads."""

    def __init__(self, wsgi: Wsgi, *, threads: int) -> None:
        self._wsgi = wsgi
        self._threads = ThreadPoolExecutor(threads, "pages")

    async def __call__(self, scope: Scope, line: Line) -> None:
        loop = asyncio.get_running_loop()
        environ = environ_of(scope)
        environ["wsgi.input"] = await _input(environ, line, loop)
        answer, whole = await loop.run_in_executor(self._threads, self._run, environ, line, loop)
        if whole is not None:
            line.response_bytes(answer.status, answer.headers, whole)

    def _run(self, environ: dict[str, Any], line: Line, loop: asyncio.AbstractEventLoop) -> tuple[Answer, bytes | None]:
        """Run one request. A page of one piece is given back whole; of a longer answer each piece is sent at once."""
        head, stream = Answer(), None
        told = self._wsgi(environ, head.begin)
        try:
            pieces = in_pieces(told)
            piece = next(pieces)
            for following in pieces:
                if stream is None:
                    stream = line.response_stream(head.status, head.headers)
                _wait(stream.send_bytes(piece), loop)
                piece = following
            if stream is None:
                return head, piece
            _wait(stream.send_bytes(piece), loop)
            return head, None
        finally:
            if hasattr(told, "close"):
                told.close()


async def _input(environ: dict[str, Any], line: Line, loop: asyncio.AbstractEventLoop) -> Any:
    """What a thread reads the body from. A body whose length is not stated is not read: Django would not either."""
    stated = environ.get("CONTENT_LENGTH", "")
    if not stated.isdigit() or stated == "0":
        return io.BytesIO()
    if int(stated) <= EARLY_BYTES:
        return io.BytesIO(await line())
    parts = line.__aiter__()
    return io.BufferedReader(Body(lambda: _wait(_following(parts), loop)), EARLY_BYTES)


async def _following(parts: Any) -> bytes:
    return bytes(await anext(parts, b""))


def _wait(coming: Any, loop: asyncio.AbstractEventLoop) -> Any:
    """From a thread: what the loop will have."""

    async def whole() -> Any:
        return await coming

    return asyncio.run_coroutine_threadsafe(whole(), loop).result()
