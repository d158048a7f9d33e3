"""Rosters in a real browser: no page overflows a phone or a desk, and its console is silent."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from lianfang.base import clock
from lianfang.domains.calls.models import Call, Shift
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.calls.rules import around_the_clock
from lianfang.domains.calls.services import Ask, NewPost, ask_swap, claim_shifts, open_posts
from lianfang.domains.responders.services import put_in_team
from tests.browser.serving import console_errors
from tests.factories.call import acting, volunteers
from tests.factories.people import serving, team
from tests.factories.place import Place

pytestmark = pytest.mark.browser
SIZES = {"desk": (1280, 800), "phone": (360, 740)}


def scene(town: Place) -> tuple[Call, str]:
    """Three posts round the clock, a squad of eight, some places held, a swap that asks the volunteer."""
    at = town.at = clock.now()
    people = volunteers(town, 8)
    serving(town, *people, town.accounts["volunteer"])
    made = team(town)
    everybody = [*people, town.accounts["volunteer"]]
    put_in_team(team_id=made.id, responder_ids=[p.id for p in everybody], role="", by=town.system, at=at)
    first = at.astimezone(LOCAL).date() + timedelta(days=1)
    posts = [NewPost(uuid4(), n) for n in ("东门卡口先锋岗", "西门卡口先锋岗", "老旧小区综合服务与秩序维护先锋岗")]
    open_posts(posts=posts, area_id=town.area["committee"], task="registration", turns=around_the_clock(8, 1),
               from_on=first, until_on=None, by=town.system, at=at)  # fmt: skip
    shifts = list(Shift.objects.filter(call_id=posts[0].id).order_by("starts_at"))
    asks = [Ask(uuid4(), s.id, p.id, at, town.system) for s, p in zip(shifts[:6], everybody[3:], strict=True)]
    claim_shifts(asks=asks, by=town.system, at=at)
    ask_swap(swap_id=uuid4(), claim_id=asks[0].id, to_account_id=town.accounts["volunteer"].id, for_claim_id=asks[5].id,
             by=acting(people[3], at), at=at)  # fmt: skip
    return Call.objects.get(id=posts[0].id), f"from={first}&days=7&team={made.id}"


def pages(town: Place) -> list[tuple[str, str, str]]:
    call, asked = scene(town)
    area = town.area["committee"]
    day = (datetime.now(LOCAL).date() + timedelta(days=1)).isoformat()
    return [("lead", "board", f"/rosters?area={area}&from={day}&days=3"),
            ("lead", "roster", f"/rosters/{call.id}?{asked}"),
            ("lead", "proposed", f"/rosters/{call.id}?{asked}&propose=1"),
            ("lead", "posts", f"/rosters/posts?area={area}"), ("lead", "matches", f"/matches?area={area}"),
            ("volunteer", "mine", "/calls/mine")]  # fmt: skip


def test_rosters_fit_a_phone_and_a_desk_in_both_languages(town: Place, site: str, person) -> None:
    folder = os.environ.get("LIANFANG_SHOTS")
    for post, name, address in pages(town):
        page = person(post, address)
        errors = console_errors(page)
        for language in ("zh-hans", "en"):
            page.context.add_cookies([{"name": "django_language", "value": language, "url": site}])
            for size, (width, height) in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                page.goto(address)
                wide = page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, (name, language, size, wide)
                if folder:
                    page.screenshot(path=Path(folder) / f"{name}-{size}-{language}.png", full_page=True)
        assert errors == [], (name, errors)
