"""A person at work, in Chromium slowed down four times on 400 kbit/s: scan to next person, and a door noted."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page, expect

from benchmarks.frame import Bench, start

SLOWER, BITS, DELAY_MS = 4, 400_000, 400
SCAN_LIMIT, DOOR_LIMIT = 5.0, 6.0


def slow_down(page: Page) -> None:
    """An old phone on a weak signal."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": DELAY_MS,
                 "downloadThroughput": BITS / 8, "uploadThroughput": BITS / 8})  # fmt: skip


def prepare() -> Any:
    """The small district with an open round, a sampler at a desk and a pair at the doors."""
    from lianfang.base import clock
    from lianfang.domains.rounds.services import add_home_desk
    from tests.factories.place import small_place
    from tests.factories.rounds import round_in

    now = clock.now()
    place = small_place(at=now - timedelta(days=1))
    made = round_in(place, at=now - timedelta(hours=1))
    add_home_desk(desk_id=uuid4(), round_id=made.round.id, area_id=place.area["committee"],
                  account_id=place.accounts["grid"].id, people=2, by=place.actor("lead"), at=now)  # fmt: skip
    return made


def scan_to_next(page: Page, made: Any, codes: list[str]) -> list[float]:
    """Seconds from each scan to the phone waiting for the next, the confirming tap included."""
    page.locator("#scan").fill("SG-0001")
    page.keyboard.press("Enter")
    expect(page.locator("#tube .count")).to_contain_text("0 /")
    times = []
    for n, text in enumerate(codes):
        begun = time.perf_counter()
        page.locator("#scan").fill(text)
        page.keyboard.press("Enter")
        page.locator(".action .primary").click()
        expect(page.locator("#tube .count")).to_contain_text(f"{n + 1} /")
        times.append(time.perf_counter() - begun)
    return times


def door_noted(page: Page) -> float:
    """Seconds for an ending of somebody behind an open door: the ending, then the reason."""
    page.get_by_role("button", name="Doors").click()
    page.locator("button.door").first.click()
    left = page.locator(".choices-list .button").filter(has_not_text="✓")
    n = left.count()
    left.first.click()
    begun = time.perf_counter()
    page.get_by_role("button", name="away", exact=True).click()
    page.get_by_role("button", name="in hospital").click()
    expect(left).to_have_count(n - 1)
    return time.perf_counter() - begun


def main(bench: Bench) -> None:
    """Play both, and measure."""
    from lianfang.base import clock
    from lianfang.domains.sampling.queries import code_of
    from tests.browser.serving import PHONE, chromium, opened_by, served, sign_in
    from tests.factories.place import PASSWORD

    made = prepare()
    codes = [
        code_of(p, name="", tail="", at=clock.now(), until=clock.now() + timedelta(days=1))
        for p in made.place.people[:9]
    ]
    with served() as site, chromium() as browser:
        page = opened_by(browser, site, PHONE, language="en").new_page()
        sign_in(page, "sampler", PASSWORD, to="/field/sampler/")
        expect(page.locator("#asks")).to_be_visible()
        slow_down(page)
        scans = scan_to_next(page, made, codes)
        pair = opened_by(browser, site, PHONE, language="en").new_page()
        sign_in(pair, "grid", PASSWORD, to="/field/sampler/")
        expect(pair.locator("#asks")).to_be_visible()
        slow_down(pair)
        door = door_noted(pair)
    bench.row("scan to next person, median s", statistics.median(scans), limit=SCAN_LIMIT)
    bench.row("scan to next person, slowest s", max(scans), limit=SCAN_LIMIT)
    bench.row("a door noted in two taps, s", door, limit=DOOR_LIMIT)
    bench.goal("scan to next person at most 5 s", max(scans), max(scans) <= SCAN_LIMIT)
    bench.goal("a door noted at most 6 s", door, door <= DOOR_LIMIT)


if __name__ == "__main__":
    benchmark, asked = start("phone")
    main(benchmark)
    benchmark.show(asked.json)
