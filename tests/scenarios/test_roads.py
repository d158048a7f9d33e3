"""Roads: loaded by the command, closed and opened on the page; carriers and cars are led around what is closed."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db.models import F

from lianfang.cli.roads import import_roads
from lianfang.domains.accounts.services import grant_role
from lianfang.domains.areas.models import Area
from lianfang.domains.dispatch.models import RoadNet, Vehicle
from lianfang.domains.gates.models import Closure
from lianfang.domains.grid.models import Building, Household, Presence
from lianfang.domains.places.services import register_place, set_state
from tests.factories.call import HOUR
from tests.factories.place import Place
from tests.scenarios.test_call_rows import travel
from tests.scenarios.test_need_rows import took_in
from tests.scenarios.test_permit_rows import moment
from tests.scenarios.test_tour_rows import depot, in_order, portions, proposed
from tests.scenarios.test_tour_rows import now as now
from tests.scenarios.test_trip_rows import crewed, ride, vehicle
from tests.scenarios.test_trip_rows import proposed as cars_proposed
from tests.web.pages import client_of, form_of, refusal, text_of

Patch = pytest.MonkeyPatch
WEST, EAST, LAT = 113.600, 113.601, 24.8  # the two houses of every committee
MINUTE = timedelta(minutes=1)


def feature(*spots: tuple[float, float], **told: Any) -> dict[str, Any]:
    """One road of a file."""
    return {"type": "Feature", "properties": told, "geometry": {"type": "LineString", "coordinates": list(spots)}}


def town() -> list[dict[str, Any]]:
    """A lane past both houses, and a way around by the north, a kilometre up and a kilometre down again."""
    lane = [(113.590 + n * 0.001, LAT) for n in range(23)]
    around = [(WEST, LAT), (WEST, LAT + 0.01), (EAST, LAT + 0.01), (EAST, LAT)]
    return [feature(*lane, highway="residential"), feature(*around, highway="tertiary"),
            feature((113.7, 24.9), (113.8, 24.9), highway="proposed")]  # fmt: skip


def loaded(place: Place, folder: Path, features: list[Any] | None = None, **more: str) -> str:
    """The command reads a file of roads of the county."""
    file = folder / "roads.geojson"
    body = {"type": "FeatureCollection", "features": town() if features is None else features}
    file.write_text(json.dumps(body), encoding="utf-8")
    chosen = {"datum": "wgs84", "code": "990101", "source": "自有测绘"} | more
    return import_roads(file, **chosen, by=place.system, at=place.at)


def closed(place: Place, post: str = "lead", **typed: str) -> UUID:
    """A road is closed on the page, pressed twice; gives its id."""
    browser = client_of(place, post)
    form = {k: v[-1] for k, v in form_of(browser.get("/roads/close"), "/roads/close").items()}
    sent = (
        form | {"road": "花园路中段", "kind": "fence", "why": "封控区围挡", "spot": f"{EAST - 0.0005}, {LAT}"} | typed
    )
    for _ in range(2):
        answer = browser.post("/roads/close", sent)
        assert answer.status_code == 302, text_of(answer)
    return UUID(sent["id"])


def minutes_between_houses(place: Place, shelf: UUID) -> int:
    """How long a carrier who takes up at the first house needs to the second, as the proposal says."""
    _, [f] = proposed(client_of(place, "street"), place, shelf, {"volunteer": 9})
    [(_, at)] = in_order(f)
    return round((at - place.at) / MINUTE) - 5  # less the loading


@pytest.mark.row("S2-24")
def test_tours_go_along_roads_and_around_what_is_closed_until_it_is_opened(
    place: Place, now: datetime, tmp_path: Path, monkeypatch: Patch
) -> None:
    shelf, desk = depot(place), client_of(place, "street")
    far = Household.objects.filter(area_id=place.area["committee"], building__lon=EAST).order_by("id")[:1]
    [item] = portions(place, [h.id for h in far])
    straight = minutes_between_houses(place, shelf)
    assert "Ways as straight lines" in proposed(desk, place, shelf, {"volunteer": 9})[0]
    first = closed(place)
    assert "1 road is closed: look at the way" in proposed(desk, place, shelf, {"volunteer": 9})[0]
    said = loaded(place, tmp_path)
    assert "2 roads, 5 km" in said and "left out: 1 of kind 'proposed'" in said
    assert "loaded already" in loaded(place, tmp_path) and RoadNet.objects.count() == 1
    # Two kilometres around instead of a hundred metres; the page says why, and the map and the list show it.
    text, _ = proposed(desk, place, shelf, {"volunteer": 9})
    assert "Along roads, around 1 that is closed." in text
    assert minutes_between_houses(place, shelf) - straight in range(26, 36)
    page = text_of(desk.get(f"/roads?area={place.area['street']}"))
    assert "花园路中段" in page and "1 road closed" in page and "自有测绘" in page
    shown = client_of(place, "lead").get(f"/map/zones.json?area={place.area['committee']}").json()["closed"]["features"]
    assert [f["properties"]["name"] for f in shown] == ["花园路中段"]
    # A barrier for cars stops nobody on foot.
    barrier = closed(place, kind="barrier", spot=f"{WEST}, {LAT + 0.005}")
    assert minutes_between_houses(place, shelf) < 40 + straight
    # The way around is closed too: nobody can bring it, and the reason is named.
    volunteer, lead = (place.accounts[p] for p in ("volunteer", "lead"))
    second = closed(
        place,
        road="北环",
        guard=str(volunteer.id),
        key=str(lead.id),
        until=moment(now + 9 * HOUR),
        spot=f"{WEST - 0.001}, {LAT + 0.005}",
        to=f"{WEST + 0.0002}, {LAT + 0.005}",
    )
    text, forms = proposed(desk, place, shelf, {"volunteer": 9})
    assert not forms and "every road there is closed" in text and str(item) in text
    page = text_of(desk.get(f"/roads?area={place.area['street']}"))
    row = page[page.index("北环") :]
    assert volunteer.label in row and lead.label in row and "Fence, nobody passes" in row
    # Opened again by who may; not by the neighbour, not by a guard; why is asked; twice is once.
    opened = {"id": str(uuid4()), "why": "围挡拆除"}
    assert client_of(place, "neighbour").post(f"/roads/{first}/open", opened).status_code == 404
    assert client_of(place, "volunteer").post(f"/roads/{first}/open", opened).status_code == 404
    refusal(client_of(place, "lead").post(f"/roads/{first}/open", {"id": str(uuid4())}), 422, "gates.closure_unfit")
    for _ in range(2):
        assert client_of(place, "lead").post(f"/roads/{first}/open", opened).status_code == 302
    assert minutes_between_houses(place, shelf) in (straight - 1, straight, straight + 1)
    page = text_of(desk.get(f"/roads?area={place.area['street']}"))
    assert "open again" in page and "围挡拆除" in page
    assert "围挡拆除" not in text_of(client_of(place, "neighbour").get("/roads"))
    assert Closure.objects.filter(id__in=(barrier, second), opened_at=None).count() == 2


def test_a_ride_from_behind_closed_roads_says_so_and_a_closure_ends_by_itself(
    place: Place, now: datetime, tmp_path: Path, monkeypatch: Patch
) -> None:
    loaded(place, tmp_path)
    car = vehicle(place, "van")
    crewed(place, car, now)
    Vehicle.objects.filter(id=car.id).update(lon=113.595, lat=LAT)  # where it stands
    grown = Presence.objects.filter(area_id=place.area["committee"], kind="lives", building__lon=EAST,
                                    person__birth_year__lt=2000)  # fmt: skip
    who = grown.order_by("id").values_list("person_id", flat=True)[0]
    closed(place, until=moment(now + 2 * HOUR))
    closed(place, spot=f"{WEST}, {LAT + 0.005}", kind="mound", until=moment(now + 2 * HOUR))
    asked = ride(place, "lead", f"?person={who}", kind="appointed", end="二中")
    assert asked.from_lon == EAST
    text, forms = cars_proposed(place, asked)
    assert not forms and "every road there is closed" in text
    travel(monkeypatch, now + 2 * HOUR + MINUTE)
    place.at = now + 2 * HOUR + MINUTE
    text, forms = cars_proposed(place, asked)
    assert len(forms) == 1 and "Along roads; none is closed." in text


def test_what_cannot_be_a_closed_road_or_a_file_of_roads_is_refused_by_name(
    place: Place, now: datetime, tmp_path: Path
) -> None:
    lead = client_of(place, "lead")
    good = {"road": "x", "kind": "fence", "why": "x", "from": moment(now), "area": str(place.area["committee"])}
    for wrong, code in (({"road": " "}, "gates.closure_unfit"), ({"kind": "magic"}, "gates.closure_unfit"),
                        ({"spot": "here"}, "invalid"), ({"spot": "113.6"}, "invalid"), ({"spot": "nan, 1"}, "invalid"),
                        ({"spot": "24.8, 113.6"}, "gates.closure_unfit"),
                        ({"until": moment(now - HOUR)}, "gates.closure_unfit"),
                        ({"key": str(place.accounts["neighbour"].id)}, "gates.closure_unfit")):  # fmt: skip
        answer = lead.post("/roads/close", good | wrong | {"id": str(uuid4())})
        assert answer.status_code == 422 and code in text_of(answer), wrong
        assert (
            f'value="{wrong.get("road", "x").strip()}"' in text_of(answer) or "road" in wrong
        )  # what was typed stands
    away = good | {"area": str(place.area["neighbour_committee"]), "id": str(uuid4())}
    assert lead.post("/roads/close", away).status_code == 403
    assert client_of(place, "volunteer").get("/roads/close").status_code == 403
    assert not Closure.objects.exists()
    bad = [feature((113.6, 24.8), highway="residential"), {"properties": {"highway": "track"}, "geometry": None},
           feature((113.6, 24.8), (999, 24.8), highway="track")]  # fmt: skip
    said = loaded(place, tmp_path, town() + bad)
    assert "2 roads" in said and said.count("geometry") == 3 and "feature 4:" in said and "feature 6:" in said
    with pytest.raises(ValueError, match="no road of a known kind; found: proposed"):
        loaded(place, tmp_path, town()[2:])
    (tmp_path / "x.txt").write_text("x", encoding="utf-8")
    with pytest.raises(ValueError, match="no GeoJSON"):
        import_roads(tmp_path / "x.txt", datum="wgs84", code="990101", source="x", by=place.system, at=place.at)
    shifted = loaded(place, tmp_path, datum="gcj02", source="高德偏移")
    assert "2 roads" in shifted and RoadNet.objects.count() == 2


def test_a_road_is_closed_only_where_its_closer_may_close_roads(place: Place, now: datetime) -> None:
    away = Building.objects.filter(area_id=place.area["neighbour_committee"])
    away.update(lon=F("lon") + 0.5)  # the neighbour's houses stand fifty kilometres east
    grant_role(grant_id=uuid4(), account_id=place.accounts["neighbour_grid"].id, role="committee-lead",
               area_id=place.area["neighbour_committee"], until_at=None, by=place.system, at=place.at)  # fmt: skip
    here, there = f"{EAST}, {LAT}", f"{EAST + 0.5}, {LAT}"

    def pressed(post: str, **typed: str) -> Any:
        browser = client_of(place, post)
        form = {k: v[-1] for k, v in form_of(browser.get("/roads/close"), "/roads/close").items()}
        return browser.post("/roads/close", form | {"road": "东桥", "kind": "fence", "why": "围挡"} | typed)

    # From the neighbouring area: not a road over here, nor one that only begins over there; nothing typed is lost.
    said = refusal(pressed("neighbour_grid", spot=here), 422, "gates.closure_elsewhere")
    assert "no building stands within 3000 m" in said and "东桥" in said
    refusal(pressed("neighbour_grid", spot=there, to=here), 422, "gates.closure_elsewhere")
    refusal(pressed("lead", spot=there), 422, "gates.closure_elsewhere")
    refusal(pressed("lead", spot=f"{LAT}, {EAST}"), 422, "gates.closure_unfit")  # no such latitude
    assert not Closure.objects.exists()
    assert pressed("neighbour_grid", spot=there).status_code == 302
    # On the way in, two kilometres before the first house; beyond it nobody, until the outline is surveyed.
    assert pressed("lead", spot=f"{WEST - 0.02}, {LAT}").status_code == 302
    far = f"{WEST - 0.1}, {LAT}"
    refusal(pressed("lead", spot=far), 422, "gates.closure_elsewhere")
    ring = [[WEST - 0.2, LAT - 0.1], [WEST + 0.1, LAT - 0.1], [WEST + 0.1, LAT + 0.1], [WEST - 0.2, LAT + 0.1]]
    outline = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    Area.objects.filter(id=place.area["committee"]).update(outline=outline, is_outline_invented=False)
    assert pressed("lead", spot=far).status_code == 302
    assert Closure.objects.count() == 3


def test_the_plan_back_from_a_deadline_goes_along_the_roads_of_its_ride_and_says_so(
    place: Place, now: datetime, tmp_path: Path
) -> None:
    clinic = register_place(place_id=uuid4(), kind="hospital-ward", name="市一医院", name_en="", lon=113.612, lat=LAT,
                            area_id=place.area["committee"], capacity={"bed": 5}, incident_id=None, by=place.system,
                            at=now)  # fmt: skip
    set_state(place_id=clinic.id, state="open", by=place.system, at=now)
    plea = took_in(place, "grid", words="明天要去市一医院打针", deadline=moment(now + 8 * HOUR))
    west = Presence.objects.filter(area_id=place.area["committee"], building__lon=WEST, kind="lives")
    who = west.order_by("person__birth_year", "id")[0]
    grid, address = client_of(place, "grid"), f"/needs/{plea.id}"
    at_home = {"door": str(who.household_id), "person": str(who.person_id)}
    assert grid.post(f"{address}/place", at_home).status_code == 302
    r = ride(place, "grid", f"?plea={plea.id}&person={who.person_id}", kind="medical", goal=str(clinic.id))
    assert r.plea_id == plea.id and r.to_lon == 113.612

    def minutes() -> int:
        page = text_of(grid.get(address))
        found = re.search(r"(\d+) min on the way", page)
        assert found, page
        return int(found[1])

    usual = minutes()
    assert "By the guide" in text_of(grid.get(address))
    loaded(place, tmp_path)
    short = minutes()  # over a kilometre of lane, with getting in and out
    assert "Along roads; none is closed." in text_of(grid.get(address)) and short < usual
    closed(place)
    assert "Along roads, around 1 that is closed." in text_of(grid.get(address)) and minutes() > short
    closed(place, road="北环", spot=f"{WEST}, {LAT + 0.005}")
    assert "every road there is closed" in text_of(grid.get(address)) and minutes() == usual
