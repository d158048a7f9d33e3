"""Phones that press: a process of its own that sends prepared presses over kept connections and notes each answer."""

from __future__ import annotations

import heapq
import json
import pickle
import random
import re
import selectors
import socket
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

LENGTH = re.compile(rb"content-length: (\d+)")
TOLD = re.compile(rb'"code":"([^"]*)"(?:,"state":"([^"]*)")?')
TRIES = 40


class Line:
    """One connection with the press that is on its way."""

    def __init__(self, port: int) -> None:
        self.port, self.held = port, b""
        self.press: tuple[int, int, float] | None = None  # which press, which try of it, when it should have left
        self.socket = self.connect()

    def connect(self) -> socket.socket:
        s = socket.create_connection(("127.0.0.1", self.port))
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.setblocking(False)
        return s


class Load:
    """Presses at a rate, or as fast as so many connections are answered; what is shed comes again by itself."""

    def __init__(self, port: int, presses: list[bytes], lines: int, rate: float) -> None:
        self.presses, self.rate = presses, rate
        self.poll = selectors.DefaultSelector()
        self.free = [Line(port) for _ in range(lines)]
        for line in self.free:
            self.poll.register(line.socket, selectors.EVENT_READ, line)
        self.again: list[tuple[float, int, int]] = []  # when, which press, which try
        self.codes: Counter[str] = Counter()
        self.answers: dict[int, str] = {}
        self.waits: list[float] = []
        self.totals: list[float] = []
        self.first: dict[int, float] = {}
        self.shed = 0

    def send(self, line: Line, n: int, tried: int, due: float) -> None:
        line.press = (n, tried, due)
        line.socket.send(self.presses[n])
        self.first.setdefault(n, due)

    def receive(self, line: Line) -> None:
        line.held += line.socket.recv(65536)
        end = line.held.find(b"\r\n\r\n")
        if end < 0:
            return
        length = LENGTH.search(line.held, 0, end)
        whole = end + 4 + (int(length.group(1)) if length else 0)
        if len(line.held) < whole:
            return
        assert line.press is not None
        n, tried, due = line.press
        now = time.perf_counter()
        self.waits.append(now - due)
        status, told = line.held[9:12], TOLD.search(line.held, end)
        line.held, line.press = line.held[whole:], None
        self.free.append(line)
        if status == b"503" and tried < TRIES:
            self.shed += 1
            heapq.heappush(self.again, (now + random.uniform(1, 2) * min(tried, 4), n, tried + 1))
            return
        code = (told.group(1).decode() or (told.group(2) or b"").decode()) if told else status.decode()
        self.codes[code] += 1
        self.answers[n] = code
        self.totals.append(now - self.first[n])

    def run(self) -> dict[str, Any]:
        begun, cpu = time.perf_counter(), time.process_time()
        following, total = 0, len(self.presses)
        while len(self.totals) < total:
            now = time.perf_counter()
            while self.free and self.again and self.again[0][0] <= now:
                when, n, tried = heapq.heappop(self.again)
                self.send(self.free.pop(), n, tried, when)
            while self.free and following < total:
                due = begun + following / self.rate if self.rate else now
                if due > now:
                    break
                self.send(self.free.pop(), following, 1, due)
                following += 1
            for key, _ in self.poll.select(0.0005 if self.rate else 0.05):
                self.receive(key.data)
        seconds = time.perf_counter() - begun
        return {"seconds": seconds, "cpu": (time.process_time() - cpu) / seconds, "codes": dict(self.codes),
                "shed": self.shed, "waits": spread(self.waits), "totals": spread(self.totals),
                "answers": [self.answers[n] for n in range(total)]}  # fmt: skip


def spread(times: list[float]) -> dict[str, float]:
    """p50, p99 and the longest, in milliseconds."""
    ordered = sorted(times)
    at = {"p50": len(ordered) // 2, "p99": len(ordered) * 99 // 100, "max": len(ordered) - 1}
    return {name: 1000 * ordered[min(n, len(ordered) - 1)] for name, n in at.items()}


if __name__ == "__main__":
    port, lines, rate, file, out = sys.argv[1:]
    made = Load(int(port), pickle.loads(Path(file).read_bytes()), int(lines), float(rate))
    Path(out).write_text(json.dumps(made.run()))
