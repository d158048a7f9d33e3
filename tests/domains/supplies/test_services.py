"""Producers and their days: what is kept, what is refused, whose they are, and what they add up to."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from lianfang.base.models import LogEntry
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.supplies.errors import ProducerKnown, ProducerMissing, SupplyUnfit
from lianfang.domains.supplies.models import Producer, ProducerDay
from lianfang.domains.supplies.queries import (
    capacity_share,
    cover,
    daily_capacity,
    days_of,
    producer_seen,
    producers_of,
)
from lianfang.domains.supplies.services import change_capacity, register_producer, report_day
from tests.factories.call import unit
from tests.factories.place import Place

pytestmark = pytest.mark.database
D = Decimal
SOLD = [{"to": "香港", "per_day": "100"}, {"to": "国家调拨", "per_day": "35.5"}]


def producer(place: Place, capacity: str, *, where: str = "district", body: UUID | None = None, post: str = "",
             **more: object) -> Producer:  # fmt: skip
    given = {"producer_id": uuid4(), "organisation_id": body or unit(place, f"厂 {uuid4().hex[:6]}", "company"),
             "area_id": place.area[where], "product": "消毒液", "unit": "吨", "daily_capacity": D(capacity),
             "lines_hours": D(24), **more}  # fmt: skip
    by = place.actor(post) if post else place.system
    return register_producer(**given, by=by, at=place.at)  # type: ignore[arg-type]  # a test's own mixture


def reported(place: Place, made: Producer, out: str, left: str, *, days_ago: int = 0, post: str = "supply",
             **more: object) -> ProducerDay:  # fmt: skip
    given = {"day_id": uuid4(), "producer_id": made.id, "on": place.at.date() - timedelta(days=days_ago),
             "output": D(out), "stock": D(left), **more}  # fmt: skip
    return report_day(**given, by=place.actor(post), at=place.at)  # type: ignore[arg-type]  # a test's own mixture


def test_a_share_is_of_all_producers_of_the_product_in_the_area_and_follows_their_capacities(place: Place) -> None:
    body, command = unit(place, "洗涤公司", "company"), place.actor("above")
    made = producer(place, "600", body=body)
    other = producer(place, "150", where="committee")
    producer(place, "250", where="neighbour")
    producer(place, "999", product="口罩", unit="只")
    producer(place, "7", unit="箱")  # of another unit: never added to tonnes

    def share(where: str) -> Decimal | None:
        return capacity_share(body, "消毒液", place.area[where], by=command)

    assert daily_capacity(body, "消毒液", by=command) == 600 and share("city") == D("60.0")
    assert share("district") == D("80.0") and share("neighbour") is None
    change_capacity(producer_id=other.id, daily_capacity=D("300"), lines_hours=D(24), commitments=[], designation="",
                    by=place.actor("supply"), at=place.at)  # fmt: skip
    assert share("district") == D("66.7")
    assert daily_capacity(body, "消毒液", by=place.actor("neighbour")) is None
    assert producer_seen(made.id, by=command).body == "洗涤公司"  # type: ignore[attr-defined]  # annotated


def test_capacity_net_of_promises_and_cover_come_from_the_newest_reports(place: Place) -> None:
    first, second = producer(place, "200", commitments=SOLD), producer(place, "50")
    reported(place, first, "190", "30", days_ago=1)
    reported(place, first, "180", "40")
    reported(place, first, "180", "45", blockers="缺瓶盖")  # corrected: the newest version counts
    by, today = place.actor("supply"), place.at.date()
    rows = producers_of(place.area["district"], by=by, on=today)
    assert [(s.producer.id, s.is_missing) for s in rows] == [(second.id, True), (first.id, False)]
    assert rows[1].net == D("64.5") and rows[1].day is not None and rows[1].day["blockers"] == "缺瓶盖"
    assert [(d.on, d.number) for d in days_of(first)] == [(today, 2), (today - timedelta(days=1), 1)]
    lasts = cover(place.area["district"], "消毒液", "吨", use_per_day=D("124.5"), by=by, on=today)
    assert (lasts.capacity, lasts.net, lasts.stock, lasts.days) == (D(250), D("114.5"), D(45), D("4.5"))
    enough = cover(place.area["district"], "消毒液", "吨", use_per_day=D("114.5"), by=by, on=today)
    assert enough.days is None and enough.is_met
    assert all(s.is_missing for s in producers_of(place.area["district"], by=by, on=today + timedelta(days=1)))


def test_what_does_not_fit_is_refused_and_a_retry_is_one(place: Place) -> None:
    made = producer(place, "5", post="supply")
    entries = LogEntry.objects.count()
    assert producer(place, "5", producer_id=made.id, body=made.organisation_id) == made
    assert LogEntry.objects.count() == entries
    with pytest.raises(ProducerKnown):
        producer(place, "6", body=made.organisation_id)
    for more in ({"daily_capacity": D(-1)}, {"daily_capacity": D("NaN")}, {"lines_hours": D(25)}, {"product": " "},
                 {"unit": ""}, {"body": uuid4()}, {"commitments": [{"to": "", "per_day": "1"}]},
                 {"commitments": [{"to": "a", "per_day": "many"}]}):  # fmt: skip
        with pytest.raises(SupplyUnfit):
            producer(place, "1", **more)  # type: ignore[arg-type]  # a test's own mixture
    for more in ({"output": D(-1)}, {"stock": D(-1)}, {"hours_run": D("24.5")},
                 {"on": place.at.date() + timedelta(days=1)}):  # fmt: skip
        with pytest.raises(SupplyUnfit):
            reported(place, made, "1", "1", **more)
    day_id = uuid4()
    assert reported(place, made, "1", "1", day_id=day_id) == reported(place, made, "1", "1", day_id=day_id)
    assert (Producer.objects.count(), ProducerDay.objects.count()) == (1, 1)
    with pytest.raises(ProducerMissing):
        reported(place, Producer(id=uuid4()), "1", "1")


@pytest.mark.parametrize("post", ["neighbour", "command", "volunteer", "grid"])
def test_who_may_not_keep_supplies_here_writes_nothing(place: Place, post: str) -> None:
    made = producer(place, "5")
    same = {"producer_id": made.id, "daily_capacity": D(9), "lines_hours": D(1), "commitments": [], "designation": ""}
    for act in (
        lambda: producer(place, "1", post=post),
        lambda: reported(place, made, "1", "1", post=post),
        lambda: change_capacity(**same, by=place.actor(post), at=place.at),  # type: ignore[arg-type]  # a mixture
    ):
        with pytest.raises(RightMissing):
            act()
    assert Producer.objects.get().daily_capacity == 5 and ProducerDay.objects.count() == 0
    if post != "command":
        with pytest.raises(ProducerMissing):
            producer_seen(made.id, by=place.actor(post))
        assert producers_of(place.area["district"], by=place.actor(post), on=place.at.date()) == []


def test_a_body_of_another_district_is_not_taken_onto_the_register_here(place: Place) -> None:
    theirs = unit(place, "甲区口罩厂", "company", "committee")
    with pytest.raises(SupplyUnfit):
        producer(place, "10", where="neighbour", body=theirs)
    assert not Producer.objects.filter(organisation_id=theirs).exists()
    assert producer(place, "10", body=unit(place, "市属口罩厂", "company", "city")).organisation_id
