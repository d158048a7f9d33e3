"""Every page at full scale: statements and p95, as the post that opens it, through the site's own doors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from benchmarks.frame import Bench, p95, start, timed

COUNTIES = ["440203", "440204", "440205"]
BUDGET, LIMIT_MS = 12, 300


def prepare(share: float) -> dict[str, Any]:
    """Three districts, a heat incident over one of them with its rounds of calls, a watch zone, a street's doors."""
    from lianfang.base.roles import refresh_statistics
    from lianfang.cli.up import system_actor
    from lianfang.drill.play import play
    from lianfang.drill.population import invent_county, load_places
    from lianfang.drill.scenario import read_scenario
    from lianfang.drill.stage import set_stage
    from lianfang.flows.fan_out import fan_out

    by = system_actor()
    scenario = read_scenario("heat-day")
    stage = set_stage(scenario, share=share, seed=1, by=by)
    at = scenario.end() - timedelta(days=2)
    load_places(COUNTIES, by=by, at=at)
    for n, c in enumerate(c for c in COUNTIES if c not in scenario.register["counties"]):
        invent_county(c, share=share, seed=1, by=by, at=at, phone_from=400_000 * (n + 1))
    refresh_statistics()
    play(stage, say=lambda *_: None)
    street = next(iter(stage.cast.streets))
    fan_out(
        parent_id=uuid4(),
        kind_name="door-survey",
        area_id=street,
        values={},
        title="",
        due_at=scenario.end(),
        incident_id=None,
        by=by,
        at=scenario.end(),
    )
    refresh_statistics()
    return {"stage": stage, "street": street}


def addresses(made: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(page, address, account) of every page that reads."""
    from django.urls import reverse

    from lianfang.domains.accounts.models import Account
    from lianfang.domains.grid.models import Building, Household, Presence
    from lianfang.domains.incidents.models import Incident, ZoneVersion
    from lianfang.domains.work.models import Item
    from lianfang.web.searches import seal_search

    worker = made["stage"].cast.posts["grid-worker"][0]
    home = worker.grants.first().area_id
    building = Building.objects.filter(area_id=home).first()
    door = Household.objects.filter(building=building).first()
    incident, zone = Incident.objects.get(), ZoneVersion.objects.filter(state="in_force").first()
    item = Item.objects.filter(owner_id=worker.id).first()
    held = Presence.objects.filter(area_id=home).first()
    assert building and door and zone and item and held
    street = Account.objects.get(username="demo-street-lead")
    county = f"?incident={incident.id}"
    return [
        ("my day", reverse("day"), "demo-grid-worker"),
        ("work board, a committee", reverse("work"), "demo-grid-worker"),
        ("work board, a district", reverse("work"), "demo-command"),
        ("work item", reverse("work-item", args=[item.id]), "demo-grid-worker"),
        ("kinds", reverse("work-kinds"), "demo-grid-worker"),
        ("print list", reverse("work-print", args=[item.kind]), "demo-grid-worker"),
        ("second looks", reverse("work-spots"), "demo-street-lead"),
        ("register, a district", reverse("register"), "demo-command"),
        ("register, a committee", reverse("register") + f"?area={home}", "demo-grid-worker"),
        ("search by name", reverse("register") + f"?q={seal_search('王小明', by_id=street.id)}", "demo-street-lead"),
        ("building", reverse("building", args=[building.id]), "demo-grid-worker"),
        ("household", reverse("household", args=[door.id]), "demo-grid-worker"),
        ("import", reverse("register-import"), "demo-street-lead"),
        ("incidents", reverse("incidents"), "demo-command"),
        ("incident", reverse("incident", args=[incident.id]), "demo-command"),
        ("zone", reverse("zone", args=[zone.id]), "demo-command"),
        ("decisions", reverse("decisions"), "demo-command"),
        ("map", reverse("map"), "demo-command"),
        ("map areas", reverse("map-areas"), "demo-command"),
        ("map zones", reverse("map-zones"), "demo-command"),
        ("wall", reverse("wall"), "demo-command"),
        ("daily sheet", reverse("sheet") + county, "demo-county-officer"),
        ("daily sheet, all work", reverse("sheet"), "demo-county-officer"),
        ("a figure opened", reverse("sheet") + county + "&figure=register.lives", "demo-county-officer"),
        ("editions", reverse("editions"), "demo-command"),
        ("edition", reverse("edition", args=[incident.edition]), "demo-command"),
        ("building, a door open", reverse("building", args=[building.id]) + f"?door={door.id}", "demo-grid-worker"),
        ("why am I held", reverse("why"), "demo-resident"),
        ("why, for an official", reverse("why-person", args=[held.person_id]), "demo-grid-worker"),
        ("field bundle", reverse("field-bundle"), "demo-grid-worker"),
    ]


def measure(bench: Bench, made: dict[str, Any], times_each: int) -> None:
    """Open each page several times as its post; count its statements once."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from lianfang.domains.accounts.models import Account

    over, slow = [], []
    for name, address, account in addresses(made):
        client = Client()
        client.force_login(
            Account.objects.get(username=account), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        answer = client.get(address)
        assert answer.status_code == 200, (name, answer.status_code)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.get(address)
        # Opening and closing the transaction, role and actor are the door's, not the page's.
        asked = [
            q
            for q in seen
            if not q["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SET LOCAL", "SELECT set_config"))
        ]
        times = [timed(lambda c=client, a=address: c.get(a))[0] for _ in range(times_each)]  # type: ignore[misc]
        bench.row(f"{name}: p95 ms, {len(asked)} statements", p95(times), limit=float(LIMIT_MS))
        over += [f"{name} {len(asked)}"] if len(asked) > BUDGET else []
        slow += [name] if p95(times) > LIMIT_MS else []
    bench.goal("pages over 12 statements: " + (", ".join(over) or "none"), len(over), not over)
    bench.goal("pages over 300 ms at p95: " + (", ".join(slow) or "none"), len(slow), not slow)


if __name__ == "__main__":
    benchmark, asked_for = start("pages")
    measure(benchmark, prepare(0.05 if asked_for.quick else 1.0), 10 if asked_for.quick else 25)
    benchmark.show(asked_for.json)
