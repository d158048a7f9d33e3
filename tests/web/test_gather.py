"""What arrives together is done together; the queue is bounded, and nobody waits longer than said."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from lianfang.web.gather import Gathering

BUSY = -1


class Doubling:
    """Doubles numbers, in batches it remembers; while its gate is shut a batch waits."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        self.gate.wait(10)
        return [2 * n for n in items]


def gathering(run: object, *, waiting: int = 100, at_once: int = 50, wait_s: float = 5) -> Gathering[int, int]:
    return Gathering(run, busy=BUSY, most_waiting=waiting, most_at_once=at_once, wait_s=wait_s)  # type: ignore[arg-type]  # a test's own


async def asked(g: Gathering[int, int], numbers: Sequence[int]) -> list[int]:
    return list(await asyncio.gather(*(g.ask(n) for n in numbers)))


def test_each_has_its_own_answer_and_what_comes_together_is_one_batch_of_at_most_so_many() -> None:
    double = Doubling()
    assert asyncio.run(asked(gathering(double, at_once=40), range(90))) == [2 * n for n in range(90)]
    assert [len(b) for b in double.batches] == [40, 40, 10]
    assert [n for b in double.batches for n in b] == list(range(90))  # in the order in which they came


def test_what_comes_while_a_batch_runs_is_the_next_batch() -> None:
    double = Doubling()

    async def story() -> list[int]:
        g = gathering(double)
        double.gate.clear()
        first = asyncio.create_task(g.ask(1))
        while not double.batches:
            await asyncio.sleep(0)
        later = [asyncio.create_task(g.ask(n)) for n in (2, 3, 4)]
        await asyncio.sleep(0)
        double.gate.set()
        return [await t for t in (first, *later)]

    assert asyncio.run(story()) == [2, 4, 6, 8] and double.batches == [[1], [2, 3, 4]]


def test_a_full_queue_turns_away_at_once_and_a_slow_batch_lets_nobody_wait() -> None:
    double = Doubling()

    async def story() -> tuple[list[int], int]:
        g = gathering(double, waiting=3, wait_s=0.2)
        double.gate.clear()
        running = asyncio.create_task(g.ask(1))
        while not double.batches:
            await asyncio.sleep(0)
        waiting = [asyncio.create_task(g.ask(n)) for n in (2, 3, 4)]
        await asyncio.sleep(0)
        turned_away = await asyncio.wait_for(g.ask(5), 0.1)
        told = [await t for t in (running, *waiting)]  # though the batch has not ended
        double.gate.set()
        return [turned_away, *told], await g.ask(6)

    told, after = asyncio.run(story())
    assert told == [BUSY] * 5 and after == 12
    assert double.batches == [[1], [6]]  # who was told to come again is not judged behind his back


def test_a_batch_that_breaks_is_answered_and_the_next_one_works() -> None:
    calls: list[int] = []

    def once_broken(items: Sequence[int]) -> list[int]:
        calls.append(len(items))
        if len(calls) == 1:
            raise ValueError("broken")
        return [0 for _ in items]

    async def story() -> tuple[list[int], int]:
        g = gathering(once_broken)
        return await asked(g, [1, 2]), await g.ask(3)

    assert asyncio.run(story()) == ([BUSY, BUSY], 0)


@pytest.mark.parametrize("people", [1, 7])
def test_who_hangs_up_spoils_no_other(people: int) -> None:
    double = Doubling()

    async def story() -> list[int]:
        g = gathering(double)
        double.gate.clear()
        gone = asyncio.create_task(g.ask(99))
        rest = [asyncio.create_task(g.ask(n)) for n in range(people)]
        while not double.batches:
            await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        double.gate.set()
        return [await t for t in rest]

    assert asyncio.run(story()) == [2 * n for n in range(people)]
