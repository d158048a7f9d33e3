"""Pages of producers: share and what is left, the missing report first, the day in two fields, and strangers."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from lianfang.domains.supplies.models import Producer, ProducerDay
from tests.factories.call import unit
from tests.factories.place import Place
from tests.web.pages import client_of, inline_in, refusal, text_of


def entered(place: Place, capacity: str, *, body: UUID | None = None, **more: object) -> UUID:
    made = uuid4()
    sent = {"id": made, "body": body or unit(place, f"厂 {made.hex[:4]}", "company", "district"), "product": "消毒液",
            "unit": "吨", "capacity": capacity, "hours": "24", **more}  # fmt: skip
    answer = client_of(place, "supply").post(f"/supplies/producers/new?area={place.area['district']}", sent)
    assert answer.status_code == 302, text_of(answer)
    return made


def test_the_table_shows_shares_and_what_is_left_and_the_missing_report_first(place: Place) -> None:
    first = entered(place, "1,300", to=["香港", ""], per_day=["400", ""], designation="重点保供")
    second = entered(place, "700")
    supply = client_of(place, "supply")
    form = text_of(supply.get("/supplies/producers/new"))
    assert form.count('name="per_day"') == 2 and "厂" in form
    day = {"id": uuid4(), "output": "1250", "stock": "90"}
    assert supply.post(f"/supplies/producers/{first}/day", day).status_code == 302
    answer = supply.get("/supplies/producers")
    page = text_of(answer)
    assert "65.0 %" in page and "35.0 %" in page and "1 producer has not reported today" in page
    assert "<b>2,000</b>" in page and ">1,600<" in page and ">900<" in page and "重点保供" in page
    assert page.index(str(second)) < page.index(str(first)) and inline_in(answer) == []
    one = text_of(supply.get(f"/supplies/producers/{first}"))
    assert "output 1,250, stock 90" in one and "香港 400" in one
    sent = {"capacity": "2,100", "hours": "20", "to": [""], "per_day": [""]}
    assert supply.post(f"/supplies/producers/{second}/change", sent).status_code == 302
    assert "61.8 %" in text_of(supply.get("/supplies/producers"))


def test_a_report_that_does_not_fit_is_refused_and_sent_twice_is_one(place: Place) -> None:
    made, supply = entered(place, "10"), client_of(place, "supply")
    for sent in ({"output": "", "stock": "1"}, {"output": "1", "stock": "lots"}, {"output": "-1", "stock": "1"},
                 {"output": "1", "stock": "1", "on": "2999-01-01"}, {"output": "1", "stock": "1",
                  "hours": "25"}):  # fmt: skip
        answer = supply.post(f"/supplies/producers/{made}/day", {"id": uuid4(), **sent})
        assert answer.status_code == 422, sent
    day = {"id": uuid4(), "output": "1", "stock": "1"}
    for _ in range(2):
        assert supply.post(f"/supplies/producers/{made}/day", day).status_code == 302
    assert ProducerDay.objects.count() == 1
    body = Producer.objects.get().organisation_id
    again = {"id": uuid4(), "body": body, "product": "消毒液", "unit": "吨", "capacity": "1", "hours": "24"}
    refusal(supply.post("/supplies/producers/new", again), 409, "supplies.producer_known")
    refusal(supply.get(f"/supplies/producers/{uuid4()}"), 404, "supplies.producer_missing")


@pytest.mark.parametrize("post", ["neighbour", "volunteer", "county"])
def test_who_does_not_keep_supplies_here_changes_nothing(place: Place, post: str) -> None:
    made, client = entered(place, "10"), client_of(place, post)
    district = place.area["district"]
    forms: list[tuple[str, dict[str, object]]] = [
        (f"/supplies/producers/new?area={district}", {"product": "a", "unit": "b", "capacity": "1", "hours": "1"}),
        (f"/supplies/producers/{made}/day", {"output": "1", "stock": "1"}),
        (f"/supplies/producers/{made}/change", {"capacity": "1", "hours": "1"}),
    ]
    for address, sent in forms:
        assert client.post(address, {"id": uuid4(), **sent}).status_code in (403, 404), address
    assert ProducerDay.objects.count() == 0 and Producer.objects.get().daily_capacity == 10
    page = text_of(client.get(f"/supplies/producers/{made}"))
    assert ("Report the day" not in page) and (("厂" in page) == (post == "county"))
