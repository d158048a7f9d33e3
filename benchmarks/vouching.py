"""250 phones vouched for and bound by two leads: leads and a few phones in Chromium, the others by the same HTTP steps.

What is real: the served site, two leads' pages in Chromium that poll, compare name and digits and tap one by one, and
`--chromium` phones. What is simulated: the other phones (same requests, same ES256 keys, no browser), that all of them
are on one machine's loopback, and people: a lead looks `--look` seconds at each, and phones come evenly over `--come`
minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.frame import Bench, p95, start

LEADS = ("lead", "street")
GOAL_MINUTES = 15
POLL_S = 3.0
TOKEN = "a" * 32


@dataclass
class Shown:
    """What is to be seen at assembly: each lead's number, and each phone's digits."""

    numbers: dict[str, str] = field(default_factory=dict)
    digits: dict[str, str] = field(default_factory=dict)
    entered: dict[str, float] = field(default_factory=dict)
    asked: dict[str, float] = field(default_factory=dict)
    times: dict[str, list[float]] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)
    stale: int = 0


class HttpPhone(threading.Thread):
    """A phone without a browser: the same steps, the same key."""

    def __init__(self, port: int, name: str, lead: str, wait_s: float, shown: Shown) -> None:
        super().__init__(daemon=True)
        self.port, self.who, self.lead, self.wait_s, self.shown = port, name, lead, wait_s, shown

    def post(self, address: str, body: dict[str, Any]) -> dict[str, Any]:
        """One request on a connection of its own, as a phone's radio makes them."""
        begun = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/json", "X-CSRFToken": TOKEN, "Cookie": f"csrftoken={TOKEN}"}
        connection.request("POST", f"/field/{address}", json.dumps(body), headers)
        answer = connection.getresponse()
        told = answer.read()
        connection.close()
        self.shown.times.setdefault(address, []).append(time.perf_counter() - begun)
        if answer.status >= 500:
            self.shown.bad.append(f"{address} {answer.status}")
        return dict(json.loads(told))

    def run(self) -> None:
        """Come, ask, wait, enter."""
        from lianfang.domains.devices.rules import check_of
        from tests.factories.phones import Phone, text

        time.sleep(self.wait_s)
        key, shown = Phone(id=uuid4()), self.shown
        shown.digits[self.who] = check_of(key.public)
        shown.asked[self.who] = time.perf_counter()
        said = {"device": str(key.id), "key": text(key.public), "name": self.who}
        while self.post("join/ask", {**said, "code": shown.numbers[self.lead]}).get("state") is None:
            shown.stale += 1
            time.sleep(POLL_S)
        while (state := self.post("join/state", {"device": str(key.id)})["state"]) == "asking":
            time.sleep(POLL_S)
        if state != "enrolled":
            shown.bad.append(state)
            return
        challenge = self.post("challenge", {"device": str(key.id)})["challenge"]
        sent = {"device": str(key.id), "challenge": challenge, "signature": key.sign(challenge.encode())}
        if "actor" not in self.post("enter", sent):
            shown.bad.append("enter")
        shown.entered[self.who] = time.perf_counter()


async def lead_at(page: Any, lead: str, vouching: str, look_s: float, shown: Shown, is_over: Any) -> None:
    """A lead: signs in, opens the gathering, and taps whoever's name and digits fit."""
    from tests.factories.place import PASSWORD

    await page.goto(f"/sign-in?next=/vouch/{vouching}")
    await page.locator("#login").fill(lead)
    await page.locator("#password").fill(PASSWORD)
    await page.locator("main form button").first.click()
    await page.wait_for_url("**/vouch/**")
    while not is_over():
        shown.numbers[lead] = await page.locator(".show-code .number").inner_text()
        row = page.locator("#now .asks").first
        if not await row.count():
            await asyncio.sleep(0.3)
            continue
        name = await row.locator("b").inner_text()
        digits = await row.locator(".number").inner_text()
        await asyncio.sleep(look_s)
        if shown.digits.get(name) != digits:
            shown.bad.append(f"digits of {name}")
        done = page.locator("#now .asks", has_text=name)
        await done.get_by_role("button").first.click()
        await done.wait_for(state="detached")


async def browser_phone(page: Any, who: str, lead: str, wait_s: float, shown: Shown) -> None:
    """A phone in Chromium."""
    await asyncio.sleep(wait_s)
    shown.asked[who] = time.perf_counter()
    await page.goto("/field/join")
    await page.locator("[name=name]").fill(who)
    await page.locator("[name=code]").fill(shown.numbers[lead])
    await page.locator("#ask button").click()
    await page.wait_for_function("() => /^\\d{4}$/.test(document.getElementById('digits').textContent)")
    shown.digits[who] = await page.locator("#digits").inner_text()
    await page.wait_for_url(lambda url: "/field/" not in url, timeout=GOAL_MINUTES * 60_000)
    shown.entered[who] = time.perf_counter()


async def assemble(port: int, gatherings: dict[str, str], chosen: argparse.Namespace, shown: Shown) -> None:
    """All of them, until the last is in."""
    from playwright.async_api import async_playwright

    from tests.browser.serving import ARGUMENTS, CHROMIUM

    people = [(f"人{n:03}", LEADS[n % len(LEADS)], n * chosen.come * 60 / chosen.phones) for n in range(chosen.phones)]
    step = max(1, chosen.phones // max(1, chosen.chromium))
    real = [p for n, p in enumerate(people) if n % step == 0][: chosen.chromium]
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)

        async def opened() -> Any:
            context = await browser.new_context(base_url=f"http://127.0.0.1:{port}",
                                                viewport={"width": 390, "height": 844})  # fmt: skip
            return await context.new_page()

        def is_over() -> bool:
            return len(shown.entered) + len(shown.bad) >= chosen.phones

        leads = [asyncio.create_task(lead_at(await opened(), lead, gatherings[lead], chosen.look, shown, is_over))
                 for lead in LEADS]  # fmt: skip
        while len(shown.numbers) < len(LEADS):
            await asyncio.sleep(0.1)
        for name, lead, wait_s in people:
            if (name, lead, wait_s) not in real:
                HttpPhone(port, name, lead, wait_s, shown).start()
        pages = [await opened() for _ in real]
        await asyncio.gather(*(browser_phone(page, *one, shown) for page, one in zip(pages, real, strict=True)))
        await asyncio.gather(*leads)
        await browser.close()


def prepare() -> dict[str, str]:
    """The small district, and each lead's gathering for eight hours."""
    from datetime import timedelta

    from django.core.management import call_command

    from lianfang.base import clock
    from lianfang.domains.devices.services import begin_vouching
    from tests.factories.place import small_place

    call_command("collectstatic", verbosity=0, interactive=False)
    now = clock.now()
    place, out = small_place(at=now), {}
    for lead in LEADS:
        made = begin_vouching(vouching_id=uuid4(), area_id=place.area["committee"], role="volunteer",
                              scope_kind="mission", scope_id=None, title="集合", until_at=now + timedelta(hours=8),
                              grace_minutes=120, by=place.actor(lead, now), at=now)  # fmt: skip
        out[lead] = str(made.id)
    return out


def told(bench: Bench, shown: Shown, chosen: argparse.Namespace, minutes: float) -> None:
    """The table."""
    waits = [shown.entered[n] - shown.asked[n] for n in shown.entered]
    bench.row("phones bound", len(shown.entered))
    bench.row("of them in Chromium", chosen.chromium)
    bench.row("minutes from the first to the last", minutes, limit=GOAL_MINUTES)
    bench.row("p95 wait of a phone, asked to in [s]", p95(waits) / 1000)
    for address, times in sorted(shown.times.items()):
        bench.row(f"p95 of /field/{address} [ms]", p95(times))
    bench.row("tries with a number that had gone by", shown.stale)
    bench.row("errors", len(shown.bad))
    is_met = minutes <= GOAL_MINUTES and len(shown.entered) == chosen.phones and not shown.bad
    bench.goal(f"{chosen.phones} phones by {len(LEADS)} leads, {chosen.look} s a look: minutes", minutes, is_met)


def main() -> None:
    """Serve, assemble, tell."""
    more = argparse.ArgumentParser(add_help=False)
    more.add_argument("--phones", type=int, default=250)
    more.add_argument("--chromium", type=int, default=4)
    more.add_argument("--look", type=float, default=5.0, help="seconds a lead looks at each")
    more.add_argument("--come", type=float, default=8.0, help="minutes over which they come")
    chosen, rest = more.parse_known_args()
    sys.argv = [sys.argv[0], *rest]
    bench, frame = start("vouching")
    if frame.quick:
        chosen.phones, chosen.chromium, chosen.look, chosen.come = 20, 2, 1.0, 0.3
    from benchmarks.sync import free_port, serve

    gatherings, port, shown = prepare(), free_port(), Shown()
    from django.db import connection

    connection.close_pool()
    server = serve(port)
    begun = time.perf_counter()
    try:
        asyncio.run(assemble(port, gatherings, chosen, shown))
    finally:
        server.terminate()
    told(bench, shown, chosen, (max(shown.entered.values(), default=begun) - begun) / 60)
    print(shown.bad[:10])
    bench.show(Path(frame.json) if frame.json else None)


if __name__ == "__main__":
    main()
