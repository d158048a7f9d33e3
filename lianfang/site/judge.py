"""The judge of a rush: a process of its own beside the server, so that words with the database hold up no press.

Two threads of one process take turns at Python, and each of the twenty words of a batch would wait for its turn.
It reads batches from its standard input and answers on its standard output; when the server ends, so does it.
"""

from __future__ import annotations

import gc
import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from typing import IO

import msgspec

import lianfang.site.wsgi  # noqa: F401  # sets Django up: what is read below holds models
from lianfang.web.rush import Heard, Reply, answered

LENGTH = struct.Struct(">I")
MOST_LOOSE = 50_000  # a batch makes so many objects that outlive it in no case


class JudgeGone(Exception):
    """The process ended before it answered."""


def _send(line: IO[bytes], message: object) -> None:
    packed = msgspec.msgpack.encode(message)
    line.write(LENGTH.pack(len(packed)) + packed)
    line.flush()


def _received(line: IO[bytes]) -> bytes | None:
    head = line.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    packed = line.read(size)
    return packed if len(packed) == size else None


class Judge:
    """The process, as the server speaks with it: from one thread, one batch at a time."""

    def __init__(self) -> None:
        self._process = self._begun()

    def _begun(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def answers(self, batch: Sequence[Heard]) -> list[Reply]:
        """What becomes of each press. Raises JudgeGone; another process stands ready then."""
        speaks, hears = self._process.stdin, self._process.stdout
        assert speaks is not None and hears is not None
        try:
            _send(speaks, batch)
            packed = _received(hears)
        except OSError:
            packed = None
        if packed is None:
            self._process.kill()
            self.end()
            self._process = self._begun()
            raise JudgeGone
        return msgspec.msgpack.decode(packed, type=list[Reply])

    def end(self) -> None:
        """Let the process go and wait for it: its input ends, and so it does."""
        with self._process:
            pass


def main() -> None:
    """Judge batches until the server ends."""
    hears, speaks = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anybody prints is no answer
    gc.freeze()  # what stands now stands as long as the process: no need to walk it again and again
    gc.set_threshold(MOST_LOOSE)
    while (packed := _received(hears)) is not None:
        _send(speaks, answered(msgspec.msgpack.decode(packed, type=list[Heard])))


if __name__ == "__main__":
    main()
