"""The site served from a thread of this process, and a real Chromium to look at it."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]
PHONE = (390, 844)
OLD_PHONE = (360, 640)
DESK = (1366, 768)
WALL = (1920, 1080)
WAIT_MS = 8000
OPENS_MS = 30000  # a whole page, its server in this very process, on two cores that other tests load too
COMES_MS = 15000  # a page is asked for again, and its worker has patience before it gives out the kept one


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what goes wrong is seen in the browser."""


@contextmanager
def served() -> Iterator[str]:
    """The site with its static files on a free port of 127.0.0.1; gives the address."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
    server.set_app(StaticFilesHandler(WSGIHandler()))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    """One Chromium.

    Edge: its API runs a loop in this thread. Django takes what is called there for asynchronous, which it is not, and
    gives it a connection of its own: the one from before is closed, else no database could be copied or dropped.
    """
    connections.close_all()
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            yield browser
            connections.close_all()
            browser.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


def opened_by(
    browser: Browser, site: str, size: tuple[int, int], *, language: str = "zh-hans", scripts: bool = True
) -> BrowserContext:
    """A browser of its own for one person, in Shanghai's time and a language; with JavaScript or without."""
    context = browser.new_context(
        base_url=site,
        viewport={"width": size[0], "height": size[1]},
        timezone_id="Asia/Shanghai",
        locale="zh-CN" if language == "zh-hans" else "en-GB",
        has_touch=size in (PHONE, OLD_PHONE),
        java_script_enabled=scripts,
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": site}])
    context.set_default_timeout(WAIT_MS)
    context.set_default_navigation_timeout(OPENS_MS)
    return context


def sign_in(page: Page, name: str, password: str, *, to: str = "/") -> None:
    """Through the sign-in page, as everybody."""
    page.goto(f"/sign-in?next={to}")
    page.locator("#login").fill(name)
    page.locator("#password").fill(password)
    page.locator("main form button").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def slowed(page: Page, times: int) -> None:
    """The page's processor is so many times slower, as an old phone's."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": times})


def console_errors(page: Page) -> list[str]:
    """What the page's console and scripts complain of, from now on."""
    found: list[str] = []
    page.on("console", lambda m: found.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: found.append(str(e)))
    return found


def cut_off(page: Page) -> None:
    """The page is on the phone, the signal goes, and the page is loaded anew from the phone alone."""
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # what is kept is this page
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#kept")).to_contain_text(re.compile(r"No signal\. As of .*\d\d:\d\d\."))


def signal(page: Page) -> None:
    """There is signal again: where nothing waits to be sent, the newest page comes by itself."""
    page.context.set_offline(False)
    page.wait_for_function("() => !document.documentElement.hasAttribute('data-kept')", timeout=2 * COMES_MS)
    expect(page.locator("#kept")).to_be_hidden(timeout=COMES_MS)
