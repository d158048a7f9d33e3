"""Rows of places shown through pages: venues with limited entry, cases counted to zero, estates on a public list."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from lianfang.base import clock
from lianfang.domains.incidents.models import Milestone
from lianfang.domains.places.models import Passage, PlaceDay
from lianfang.domains.places.models import Place as Site
from lianfang.domains.places.queries import LOCAL
from lianfang.domains.work.models import Item
from tests.factories.place import Place
from tests.scenarios.test_work_rows import moved, opened
from tests.web.conftest import Town
from tests.web.pages import client_of, masked, names_in, refusal, text_of


def today() -> date:
    return clock.now().astimezone(LOCAL).date()


def entered(place: Place, kind: str, name: str, *, post: str = "lead", where: str = "committee", **sizes: int) -> UUID:
    """Enter a place by its page; gives its id."""
    site_id = uuid4()
    sent = {"id": site_id, "kind": kind, "name": name, **{f"n-{k}": n for k, n in sizes.items()}}
    answer = client_of(place, post).post(f"/places/new?area={place.area[where]}", sent)
    assert answer.status_code == 302, text_of(answer)
    return site_id


def opened_by_kind(
    place: Place, kind: str, post: str = "street", where: str = "street", **sent: object
) -> HttpResponse:
    """Open all of a kind in an area by its page."""
    whole = {
        "id": uuid4(),
        "kind": kind,
        "opens_on": today().isoformat(),
        "percent": "50",
        "reason": "有序开放",
        **sent,
    }
    return client_of(place, post).post(f"/places/open?area={place.area[where]}", whole)


def tap(place: Place, site_id: UUID, change: int, *, post: str = "grid", tap_id: UUID | None = None) -> HttpResponse:
    """One tap at the door."""
    return client_of(place, post).post(f"/places/{site_id}/count", {"id": tap_id or uuid4(), "change": change})


@pytest.mark.row("S1-46")
def test_venues_of_four_kinds_reopen_by_kind_and_stop_at_their_limit_and_their_checks_are_recorded(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = entered(place, "shop", "惠民保供店", person=9)
    mall = entered(place, "mall", "东门商场", person=100)
    other = entered(place, "mall", "金洲商场", where="committee2", post="street", person=60)
    away = entered(place, "mall", "柳林商场", where="committee3", post="street2", person=60)
    inn = entered(place, "hotel", "平安宾馆", person=30)
    entered(place, "restaurant", "老街饭店", person=40)
    street = client_of(place, "street")
    page = text_of(street.get(f"/places?area={place.area['street']}"))
    for words in ("Supply shop", "Mall", "Restaurant", "Hotel", "惠民保供店", "金洲商场"):
        assert words in page
    assert "柳林商场" not in page and page.count("not open yet") >= 5
    shut = tap(place, shop, 1)
    refusal(shut, 409, "places.closed")  # nobody goes in before it is open

    # Opening by kind and area, from a day on, up to a share of each one's capacity.
    form = text_of(street.get(f"/places/open?area={place.area['street']}&kind=mall"))
    assert "Open Mall in 东街道: 2 places" in form and "东门商场" in form and "金洲商场" in form
    assert opened_by_kind(place, "shop").status_code == 302
    opens = today() + timedelta(days=2)
    later = {"id": uuid4(), "opens_on": opens.isoformat(), "percent": "40", "reason": "分批开放", "leave": [other]}
    for _ in range(2):  # the button is pressed twice: one rule
        assert opened_by_kind(place, "mall", **later).status_code == 302
    state = dict(Site.objects.values_list("name", "state"))
    assert state == {"惠民保供店": "open", "东门商场": "open", "金洲商场": "planned", "柳林商场": "planned",
                     "平安宾馆": "planned", "老街饭店": "planned"}  # fmt: skip
    page = text_of(client_of(place, "grid").get(f"/places/{mall}"))
    assert "opens later" in page and "at most 40 % of the capacity" in page and "分批开放" in page
    assert "street-lead street" in page and "set for all of this kind in the area" in page
    refusal(tap(place, mall, 1), 409, "places.closed")  # its day has not come
    rules = text_of(street.get(f"/places/open?area={place.area['street']}"))
    assert rules.count("分批开放") == 1 and "1 place from" in rules
    refusal(opened_by_kind(place, "mall", percent="0"), 422, "places.unfit")
    refusal(opened_by_kind(place, "mall", reason=" "), 422, "places.unfit")
    refusal(opened_by_kind(place, "breeding-site"), 409, "places.nothing_to_open")

    # Live count, and stop at the limit: 9 people at a time, half of that, is 4.
    for _ in range(3):
        assert tap(place, shop, 1).status_code == 302
    twice = uuid4()
    for _ in range(2):  # a tap that is sent again counts once
        assert tap(place, shop, 1, tap_id=twice).status_code == 302
    said = refusal(tap(place, shop, 1), 409, "places.at_limit")
    assert "4 are inside and the limit is 4" in said and "Full: let nobody in" in said
    live = text_of(client_of(place, "volunteer").get(f"/places/{shop}/count"))
    assert "limit 4" in live and "let nobody in until somebody leaves" in live and "<html" not in live
    assert tap(place, shop, -2, post="volunteer").status_code == 302
    assert "2 more may go in" in text_of(client_of(place, "grid").get(f"/places/{shop}"))
    assert Site.objects.get(id=shop).inside == 2 == sum(Passage.objects.values_list("change", flat=True))
    refusal(tap(place, shop, -3), 409, "places.nobody_inside")
    assert client_of(place, "grid").post(f"/places/{shop}/recount", {"id": uuid4(), "inside": "3"}).status_code == 302
    listed = text_of(street.get(f"/places?area={place.area['street']}&kind=shop&state=open"))
    assert "<b>3</b> / 4" in listed and "3 people inside" in listed and "东门商场" not in listed

    # Checks of compliance are tasks about the place, confirmed by another, and listed there with what they found.
    check = opened(place, "lead", "inspection", unit=shop)
    item = Item.objects.get(id=check)
    assert (item.unit_kind, item.unit_id, item.area_id) == ("place", shop, place.area["committee"])
    moved(place, "grid", check, "submit", points="12", points_wrong="1", outcome="fix", fix_what="入口没有测温")
    moved(place, "lead", check, "confirm")
    page = text_of(client_of(place, "street").get(f"/places/{shop}"))
    assert f"/work/{check}" in page and "To be put right" in page and "Confirmed" in page
    assert "It was not checked yet." in text_of(client_of(place, "street").get(f"/places/{inn}"))
    closed = client_of(place, "lead").post(f"/places/{shop}/close", {"reason": "整改"})
    assert closed.status_code == 302
    refusal(tap(place, shop, 1), 409, "places.closed")
    assert tap(place, shop, -3).status_code == 302  # those inside can leave

    # The day comes: the mall lets in 40 of 100.
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=2))
    assert tap(place, mall, 40).status_code == 302
    refusal(tap(place, mall, 1), 409, "places.at_limit")

    # The neighbour sees nothing and changes nothing; a grid worker counts, and opens nothing.
    for post in ("neighbour", "neighbour_grid"):
        for address in (f"/places/{mall}", f"/places/{mall}/count"):
            refusal(client_of(place, post).get(address), 404, "places.missing")
        assert tap(place, mall, -1, post=post).status_code == 403
        assert opened_by_kind(place, "mall", post=post).status_code == 403
    assert opened_by_kind(place, "mall", post="grid", where="committee").status_code == 403
    assert Site.objects.get(id=mall).inside == 40 and Site.objects.get(id=away).state == "planned"


def counted(place: Place, site_id: UUID, on: date, active: int, *, post: str = "medic", **more: int) -> HttpResponse:
    """The post of a ward enters a day."""
    sent = {"id": uuid4(), "on": on.isoformat(), "active": active, **more}
    return client_of(place, post).post(f"/places/{site_id}/day", sent)


@pytest.mark.row("S4-29")
def test_cases_counted_by_place_and_day_add_up_and_the_day_they_reach_zero_is_a_milestone_once(town: Town) -> None:
    place, incident = town.place, town.incident
    first = entered(place, "hospital-ward", "市一院感染科", post="medic", bed=40)
    second = entered(place, "hospital-ward", "市二院病区", post="medic", where="committee3", bed=20)
    for site in (first, second):
        answer = client_of(place, "medic").post(
            f"/places/{site}/open",
            {"id": uuid4(), "opens_on": (today() - timedelta(days=9)).isoformat(), "reason": "r"},
        )
        assert answer.status_code == 302, text_of(answer)
    day = [today() - timedelta(days=n) for n in range(6, -1, -1)]

    def log() -> str:
        return text_of(client_of(place, "command").get(f"/incidents/{incident.id}"))

    milestone = "Milestone: no active case left in the incident's area"
    assert counted(place, first, day[0], 5, admitted=6, discharged=1).status_code == 302
    assert counted(place, second, day[0], 2, admitted=2).status_code == 302
    page = text_of(client_of(place, "command").get(f"/places/census?on={day[0]}"))
    assert "7 active cases" in page and "市一院感染科" in page
    sums = page[page.index("Sum of what was counted") :].split("</tr>")[0]
    assert re.findall(r">(\d+)<", sums) == ["8", "1", "0", "0", "7"]
    east = text_of(client_of(place, "street").get(f"/places/census?on={day[0]}&area={place.area['street']}"))
    assert "5 active cases" in east and "市二院病区" not in east  # sums by area
    assert counted(place, first, day[1], 0, discharged=3, moved=1, died=1).status_code == 302
    assert milestone not in log()  # the second ward has not counted: unknown is not zero
    page = text_of(client_of(place, "command").get(f"/places/census?on={day[1]}"))
    assert "1 place has not counted yet" in page and "not counted yet" in page
    assert counted(place, second, day[1], 1, discharged=1).status_code == 302
    assert milestone not in log()
    assert counted(place, first, day[2], 0).status_code == 302
    last = {"id": uuid4(), "on": day[2].isoformat(), "active": 0, "discharged": 1}
    for _ in range(2):  # sent twice: one count, one flag
        assert client_of(place, "medic").post(f"/places/{second}/day", last).status_code == 302
    assert PlaceDay.objects.filter(place_id=second, on=day[2]).count() == 1
    assert log().count(milestone) == 1 and list(incident.milestones.values_list("on", flat=True)) == [day[2]]
    for site in (first, second):
        assert counted(place, site, day[3], 0).status_code == 302
    assert log().count(milestone) == 1  # zero goes on: not flagged again
    assert counted(place, first, day[4], 1, admitted=1).status_code == 302
    assert counted(place, second, day[4], 0).status_code == 302
    assert log().count(milestone) == 1
    for site in (first, second):
        assert counted(place, site, day[5], 0).status_code == 302
    assert log().count(milestone) == 2  # they rose, and came to zero again
    page = text_of(client_of(place, "command").get("/places/census"))
    assert page.count("zero day<") == 2
    page = text_of(client_of(place, "command").get(f"/places/census?on={day[5]}"))
    assert "the day before leads to 1" in page  # 1 active, none discharged, and 0 counted: said, not refused

    # A correction undoes the flag and says so; what was entered before is kept.
    assert counted(place, second, day[5], 3, admitted=3).status_code == 302
    assert "Withdrawn after a correction" in log()
    assert Milestone.objects.get(on=day[5]).withdrawn_at is not None
    assert sorted(PlaceDay.objects.filter(place_id=second, on=day[5]).values_list("number", "active")) == [
        (1, 0),
        (2, 3),
    ]
    assert "corrected" in text_of(client_of(place, "command").get(f"/places/census?on={day[5]}"))

    # Who may not, does not; what cannot be, is not taken.
    refusal(counted(place, first, today() + timedelta(days=1), 0), 422, "places.unfit")
    assert counted(place, first, day[6], 1, post="grid").status_code == 403
    refusal(counted(place, first, day[6], 1, post="neighbour"), 404, "places.missing")
    refusal(client_of(place, "neighbour").get(f"/places/census?area={place.area['street']}"), 403,
            "accounts.right_missing")  # fmt: skip
    assert not PlaceDay.objects.filter(on__gte=day[6]).exists()


@pytest.mark.row("S1-45")
def test_an_estate_works_toward_its_award_meets_the_criteria_loses_it_and_everybody_sees_list_and_map(
    place: Place,
) -> None:
    anybody = Client()
    anybody.cookies["django_language"] = "en"
    assert "Nothing is published yet" in text_of(anybody.get("/published/estate-award"))
    won = opened(place, "street", "estate-award", area=place.area["committee"])
    started = opened(place, "street", "estate-award", area=place.area["committee2"])
    opened(place, "street2", "estate-award", area=place.area["committee3"])

    def states() -> dict[str, str]:
        sent = json.loads(anybody.get("/published/estate-award.json").content)
        return {f["properties"]["name"]: f["properties"]["state"] for f in sent["points"]["features"]}

    names = "沙洲社区居委会", "金洲社区居委会", "柳林村委会"
    assert states() == dict.fromkeys(names, "Not started")
    for item in (won, started):
        moved(place, "grid" if item == won else "grid2", item, "start")
    below = {"id": uuid4(), "move": "meet", "f-days_clear": "6", "f-households_known": "8", "f-rounds_done": "true",
             "f-met_on": "2026-11-16"}  # fmt: skip
    lead = client_of(place, "street")
    page = lead.post(f"/work/{won}/move", below)
    assert page.status_code == 422 and "The criterion is not met: it asks for ≥ 7" in text_of(page)
    undone = {**below, "f-days_clear": "7", "f-rounds_done": "false"}
    assert "it asks for yes" in text_of(lead.post(f"/work/{won}/move", undone))
    assert Item.objects.get(id=won).state == "creating"
    fit = {"days_clear": "7", "households_known": "8", "rounds_done": "true", "met_on": "2026-11-16"}
    moved(place, "street", won, "meet", **fit)
    assert states() == {"沙洲社区居委会": "Met", "金洲社区居委会": "Working toward it", "柳林村委会": "Not started"}
    page = text_of(anybody.get("/published/estate-award"))
    assert page.index("沙洲社区居委会") < page.index("金洲社区居委会") < page.index("柳林村委会")  # met ones first
    assert "Met on" in page and "16 Nov" in page and "Days without a case ≥ 7" in page
    moved(place, "street", won, "lose", lost_on="2026-11-20", lost_why=f"{place.names[0]} 家有病例")
    again = opened(place, "street", "estate-award", area=place.area["committee"])
    moved(place, "grid", again, "start")
    answer = anybody.get("/published/estate-award")
    page = text_of(answer)
    assert "Earlier:" in page and "20 Nov" in page and "Lost on" in page  # award and loss stay dated
    assert states()["沙洲社区居委会"] == "Working toward it"
    moved(place, "street", again, "meet", **{**fit, "met_on": "2026-11-21"})
    moved(place, "street", again, "lose", lost_on="2026-11-22", lost_why="又有病例")
    assert states()["沙洲社区居委会"] == "Lost"

    # Nothing of any person, of any reason somebody wrote, or of any other work is public; small, and in both languages.
    sent = anybody.get("/published/estate-award.json")
    for seen in (anybody.get("/published/estate-award"), sent):
        assert names_in(seen, place) == set() and masked(place.names[0]) not in text_of(seen)
        assert "病例" not in text_of(seen).replace("无病例", "") and "owner" not in text_of(seen)
        assert str(won) not in text_of(seen) and len(seen.content) < 15_000
    anybody.cookies["django_language"] = "zh-hans"
    page = text_of(anybody.get("/published/estate-award"))
    assert "无疫小区创建" in page and "已摘牌" in page and "11月16日" in page
    for kind in ("inspection", "returnee-check", "watch-entry", "no-such-kind"):
        refusal(anybody.get(f"/published/{kind}"), 404, "editions.kind_missing", "zh-hans")
        assert anybody.get(f"/published/{kind}.json").status_code == 404
    assert "/sign-in" in anybody.get("/places").headers["Location"]
