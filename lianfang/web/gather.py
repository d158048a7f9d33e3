"""Gathering: what arrives together is done together, and nobody waits longer than said for an answer.

One batch runs at a time, in a thread of its own; the next is whatever came meanwhile. So a batch grows with the
load, and what a batch costs once is shared by all in it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
SWEEP_S = 0.05  # how exactly the longest wait is kept


class Gathering(Generic[T, R]):
    """A bounded queue before a function that answers for many at once.

    run:      answers for each item of a list, in its order; it raises nothing that it can answer.
    busy:     the answer to what finds the queue full, has waited too long, or fell with its batch.
    wait_s:   the longest wait; a batch that is slower goes on, and who asks again is told what became of it.
    """

    def __init__(
        self, run: Callable[[Sequence[T]], Sequence[R]], *, busy: R, most_waiting: int, most_at_once: int, wait_s: float
    ) -> None:
        self._run, self._busy = run, busy
        self._most_waiting, self._most_at_once, self._wait_s = most_waiting, most_at_once, wait_s
        self._waiting: deque[tuple[T, asyncio.Future[R], float]] = deque()
        self._inside: list[tuple[T, asyncio.Future[R], float]] = []
        self._thread = ThreadPoolExecutor(1, "gathering")
        self._worker: asyncio.Task[None] | None = None

    async def ask(self, item: T) -> R:
        """The answer for one item; at once, if there is no room for it."""
        if len(self._waiting) >= self._most_waiting:
            return self._busy
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[R] = loop.create_future()
        self._waiting.append((item, answer, loop.time() + self._wait_s))
        if self._worker is None:
            self._worker = loop.create_task(self._work())
            loop.call_later(SWEEP_S, self._sweep)
        return await answer

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                size = min(len(self._waiting), self._most_at_once)
                self._inside = [self._waiting.popleft() for _ in range(size)]
                items = [item for item, _, _ in self._inside]
                try:
                    answers = await loop.run_in_executor(self._thread, self._run, items)
                except Exception:  # a bug below: each of the batch asks again and is told by itself
                    answers = [self._busy] * size
                for (_, waiting, _), answer in zip(self._inside, answers, strict=True):
                    if not waiting.done():
                        waiting.set_result(answer)
                self._inside = []
        finally:
            self._worker = None

    def _sweep(self) -> None:
        """Answer those who have waited as long as anybody may; they stand in the order in which they came."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._waiting and self._waiting[0][2] <= now:
            _, waiting, _ = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(self._busy)
        for _, waiting, until in self._inside:
            if until <= now and not waiting.done():
                waiting.set_result(self._busy)
        if self._worker is not None:
            loop.call_later(SWEEP_S, self._sweep)
