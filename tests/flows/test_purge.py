"""Personal data of an incident dies on its date: by the job, by hand after its end, never while it runs."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from lianfang.base import clock
from lianfang.base.keystore import key_store
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.audit.models import Export, PersonRead
from lianfang.domains.editions.queries import edition
from lianfang.domains.messages.models import Message
from lianfang.domains.privacy.errors import EndsTooEarly, HeldByLaw, IncidentRuns
from lianfang.domains.privacy.models import Destruction
from lianfang.domains.privacy.queries import live_classes
from lianfang.domains.privacy.services import place_legal_hold
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import personal_values
from lianfang.domains.work.services import NewItem, open_items
from lianfang.domains.work.services.opening import raise_refusal
from lianfang.flows.enter_phase import enter_phase
from lianfang.flows.purge import (
    certificate_of,
    certify,
    dates_of,
    days_kept,
    destroy_due,
    destroy_personal,
    forget_standing,
)
from tests.web.conftest import Town, town

__all__ = ["town"]
pytestmark = pytest.mark.database
DAY = timedelta(days=1)


def closed(town: Town) -> Town:
    """The town, its incident over."""
    last = edition(town.incident.edition)["phases"][-1]["name"]
    at = clock.now()
    enter_phase(incident_id=town.incident.id, phase=last, reason="r", by=town.place.actor("command"), at=at)
    town.incident.refresh_from_db()
    return town


@pytest.fixture
def ended(town: Town) -> Town:
    """The town's incident is over."""
    return closed(town)


def destroy(town: Town, *classes: str, post: str = "admin") -> Destruction:
    return destroy_personal(destruction_id=uuid4(), incident_id=town.incident.id, classes=classes, why="reached",
                            by=town.place.actor(post), at=clock.now())  # fmt: skip


def live(town: Town) -> set[str]:
    return live_classes("incident", [town.incident.id]).get(town.incident.id, set())


def test_each_class_dies_on_its_own_day_and_the_day_comes_from_the_edition(ended: Town) -> None:
    by, closed = ended.place.system, ended.incident.closed_at
    assert by and closed
    assert destroy_due(by=by, at=closed + 30 * DAY - timedelta(seconds=1)) == 0
    assert destroy_due(by=by, at=closed + 30 * DAY) == 1 and "track" not in live(ended)
    assert destroy_due(by=by, at=closed + 30 * DAY) == 0
    assert destroy_due(by=by, at=closed + 180 * DAY) == 3  # contact, plea, and what names no class
    assert live(ended) == {"hours", "money", "dose", "decision"}
    orders = list(Destruction.objects.filter(scope_id=ended.incident.id))
    assert certify(by=by, at=closed + 180 * DAY) == 2
    assert not any(key_store().has(k) for o in orders for k in o.keys)
    assert destroy_due(by=by, at=closed + 3650 * DAY) == 4 and live(ended) == set()


def test_a_legal_hold_outlasts_the_date_for_its_classes_alone(ended: Town) -> None:
    place, closed = ended.place, ended.incident.closed_at
    assert place.system and closed
    place_legal_hold(hold_id=uuid4(), scope="incident", scope_id=ended.incident.id, area_id=ended.incident.area_id,
                     classes=["track"], holder="区法院", why="诉讼", until_at=closed + 400 * DAY,
                     by=place.actor("admin"), at=clock.now())  # fmt: skip
    with pytest.raises(HeldByLaw):
        destroy(ended, "track")
    destroy_due(by=place.system, at=closed + 180 * DAY)
    assert "track" in live(ended) and "contact" not in live(ended)
    destroy_due(by=place.system, at=closed + 400 * DAY)
    assert "track" not in live(ended)


def test_nothing_is_destroyed_while_it_runs_nor_by_others_nor_what_others_rest_on(town: Town) -> None:
    with pytest.raises(IncidentRuns):
        destroy(town, "plea")
    assert dates_of(town.incident, days_kept([town.incident], at=clock.now())[town.incident.id]) == {}
    closed(town)
    for post in ("command", "auditor", "neighbour"):
        with pytest.raises(RightMissing):
            destroy(town, "plea", post=post)
    with pytest.raises(EndsTooEarly):
        destroy(town, "plea", "decision")
    assert "plea" in live(town)


def test_the_paper_says_what_became_unreadable_and_what_had_left(town: Town) -> None:
    told, lead = {"what": "买药", "sort": "other", "phone": "13800001111"}, town.place.actor("lead")
    plea = NewItem(uuid4(), town.place.area["committee"], "household", town.place.households[0], values=told)
    raise_refusal(open_items(kind_name="errand", items=[plea], area_id=plea.area_id, incident_id=town.incident.id,
                             by=lead, at=clock.now())[0])  # fmt: skip
    ended = closed(town)
    admin, at = ended.place.actor("admin"), clock.now()
    area, actor = ended.incident.area_id, ended.place.accounts["grid"].id
    Export.objects.create(id=uuid4(), actor_id=actor, at=at, what="work.errand", area_id=area, format="csv", rows=4,
                          rows_in_all=4, fields=["phone"], personal_fields=["phone"], why="r")  # fmt: skip
    Export.objects.create(id=uuid4(), actor_id=actor, at=at, what="work.errand", area_id=area, format="csv", rows=9,
                          rows_in_all=9, fields=["state"])  # fmt: skip
    for door in ("work-print", "field-bundle", "register"):
        PersonRead.objects.create(actor_id=actor, at=at, door=door, fields=["name"], subjects=[uuid4()])
    item = Item.objects.get(id=plea.id)
    assert any(personal_values(item, by=ended.place.actor("lead")).values())
    paper = certificate_of(destroy(ended, "plea"))
    assert not any(personal_values(item, by=ended.place.actor("lead")).values())
    assert paper["states"]["unreadable"] | {"work_items": "<5", "health_checks": 0} == paper["states"]["unreadable"]
    left = paper["states"]["not_provably_destroyed"]
    assert [f["rows"] for f in left["files"]] == ["<5"] and (left["prints"], left["phones"]) == ("<5", "<5")
    kept = Destruction.objects.get(id=paper["states"]["certificate"])
    assert kept.held["work_items"] == 1 and kept.copies["files"][0]["rows"] == 4  # the house itself knows exactly
    assert paper["states"]["destroyed_at"] is None  # no paper says so before it is
    certify(by=admin, at=at)
    assert (
        certificate_of(Destruction.objects.get(id=paper["states"]["certificate"]))["states"]["destroyed_at"]
        == at.isoformat()
    )


def test_what_was_asked_outside_any_incident_is_forgotten_on_its_day_and_not_before(town: Town) -> None:
    place, now = town.place, clock.now()
    assert place.system
    values = {"phone": "13911112222"}
    items = [NewItem(uuid4(), place.area["committee"], "household", place.households[n], values=values)
             for n in (1, 2)]  # fmt: skip
    open_items(kind_name="door-survey", items=items, area_id=place.area["committee"], incident_id=None,
               by=place.actor("lead"), at=now)  # fmt: skip
    done = Item.objects.filter(id=items[0].id)
    done.update(is_closed=True, closed_at=now)
    gone = Message.objects.filter(incident_id=None).exclude(sealed=b"").update(fate="sent", made_at=now)
    assert forget_standing(by=place.system, at=now + 180 * DAY) == 0
    hold = place_legal_hold(hold_id=uuid4(), scope="register", scope_id=None, area_id=place.area["district"],
                            classes=["plea"], holder="区法院", why="诉讼", until_at=now + 300 * DAY,
                            by=place.actor("admin"), at=now)  # fmt: skip
    assert forget_standing(by=place.system, at=now + 181 * DAY) == 0 and hold.lifted_at is None
    assert forget_standing(by=place.system, at=now + 301 * DAY) == 1 + gone
    assert forget_standing(by=place.system, at=now + 301 * DAY) == 0
    kept = Item.objects.get(id=items[0].id)
    lead = place.actor("lead")
    assert bytes(kept.sealed) == b"" and not personal_values(kept, by=lead).get("phone")
    other = Item.objects.get(id=items[1].id)  # still open: nobody forgets what somebody has yet to do
    assert personal_values(other, by=lead)["phone"]
