"""250 people from arrival to on post: five tablets at assembly in Chromium, each slowed down four times on 400 kbit/s.

What the machine takes is measured; what hands take is counted (seconds a person for measuring and typing, a tap, one
showing of the suit to each table) and stands below. The tables work beside each other, each for its own units.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page, expect

from benchmarks.frame import Bench, start
from benchmarks.phone import slow_down

PEOPLE, UNITS, TABLES, LIMIT_MINUTES = 250, 20, 5, 15.0
MEASURED_SECONDS, TAP_SECONDS, SHOWN_SECONDS = 8.0, 2.0, 180.0
WALK_SECONDS = 60.0  # from the door to a table


def prepare() -> Any:
    """The small district; 250 people of 20 units with a place on a shift that begins in ten minutes."""
    from lianfang.base import clock
    from lianfang.domains.calls.services import Ask, claim_shifts
    from tests.factories.call import HOUR, acting, called, shift_of, unit, volunteers
    from tests.factories.place import small_place

    place = small_place(at=clock.now() - timedelta(days=1))
    place.at = clock.now()
    shift = shift_of(called(place, PEOPLE, task="disinfection", cover="平安 2026-1", begins=HOUR / 6))
    for n in range(UNITS):
        body = unit(place, f"医疗机构 {n + 1:02}")
        own = PEOPLE // UNITS + (n < PEOPLE % UNITS)
        asks = [Ask(uuid4(), shift.id, a.id, place.at, acting(a, place.at))
                for a in volunteers(place, own, unit=body)]  # fmt: skip
        assert not [o for o in claim_shifts(asks=asks, by=place.system, at=place.at) if o.code]
    return shift


def table(page: Page, shift: Any, units: list[int]) -> tuple[int, float]:
    """One table's units, one after another. Gives its people, and the seconds for which it waited for the machine."""
    people, waited = 0, 0.0
    for n in units:
        begun = time.perf_counter()
        page.goto(f"/calls/shifts/{shift.id}/assembly?unit=医疗机构 {n + 1:02}")
        fields = page.get_by_label("Temperature, °C")
        expect(fields.first).to_be_visible()
        waited += time.perf_counter() - begun
        own = fields.count()
        for k in range(own):
            fields.nth(k).fill("365")
        ticks = page.locator(".to-all")
        ticks.get_by_label("kit").check()
        ticks.get_by_label("training").check()
        begun = time.perf_counter()
        page.get_by_role("button", name="who is ready is on post").click()
        expect(page.locator("h1")).to_contain_text(f"{own} of {own} on post")
        waited += time.perf_counter() - begun
        people += own
    return people, waited


def main(bench: Bench) -> None:
    """Play the tables, and measure."""
    from lianfang.domains.calls.models import Claim
    from tests.browser.serving import PHONE, chromium, opened_by, served, sign_in
    from tests.factories.place import PASSWORD

    shift = prepare()
    minutes, slowest = [], 0.0
    with served() as site, chromium() as browser:
        for t in range(TABLES):
            page = opened_by(browser, site, PHONE, language="en").new_page()
            sign_in(page, "lead", PASSWORD, to="/calls/led")
            slow_down(page)
            units = list(range(t, UNITS, TABLES))
            people, waited = table(page, shift, units)
            slowest = max(slowest, waited / len(units))
            hands = people * MEASURED_SECONDS + len(units) * 4 * TAP_SECONDS + SHOWN_SECONDS + WALK_SECONDS
            minutes.append((hands + waited) / 60)
    come = Claim.objects.filter(shift=shift, state="checked_in").count()
    bench.row("people on post", come)
    bench.row("a unit's page opened and kept, s (slowest table)", slowest)
    bench.row("arrival to on post, min (slowest table)", max(minutes), limit=LIMIT_MINUTES)
    bench.goal("250 people on post in 15 min", max(minutes), come == PEOPLE and max(minutes) <= LIMIT_MINUTES)


if __name__ == "__main__":
    benchmark, asked = start("assembly")
    main(benchmark)
    benchmark.show(asked.json)
