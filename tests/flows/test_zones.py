"""Zones: drafted, asked for, adopted by the right authority, redrawn, reviewed, lifted; people held, told and freed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.decisions.errors import AskerDecides, NoAuthority
from lianfang.domains.grid.models import Building, PersonFlag, Presence
from lianfang.domains.holds.queries import holds_of
from lianfang.domains.incidents.errors import (
    PaperMissing,
    ZoneEmpty,
    ZoneKindUnknown,
    ZoneMissing,
    ZoneWithoutAuthority,
)
from lianfang.domains.incidents.models import Incident, ZoneVersion
from lianfang.domains.incidents.planning import outline_of, zone_shapes
from lianfang.domains.incidents.queries import difference, inside_of, steps_of, version_seen, versions_of, what_if
from lianfang.domains.incidents.services import draft_zone, report_signal
from lianfang.domains.messages.models import Message
from lianfang.domains.reports.queries import lifting_conditions
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, open_item
from lianfang.flows.open_incident import open_incident
from lianfang.flows.run_due import run_due
from lianfang.flows.zones import adopt_zone, ask_for_zone, decide_zone, lift_zone
from tests.factories.place import Place

pytestmark = pytest.mark.database
GRACE = timedelta(minutes=120)  # as the common edition has it


@pytest.fixture
def outbreak(place: Place) -> Incident:
    """A confirmed case under the eighth edition, in a known building."""
    signal = report_signal(
        signal_id=uuid4(),
        kind="case",
        case_class="confirmed",
        edition_code="cn-covid-8",
        area_id=place.area["committee"],
        building_id=place.buildings["committee"][0],
        count=1,
        source="lab",
        found_at=place.at,
        by=place.actor("officer"),
        at=place.at,
    )
    return open_incident(
        incident_id=uuid4(),
        signal_id=signal.id,
        area_id=place.area["district"],
        is_drill=False,
        by=place.actor("command"),
        at=place.at,
    )


def drafted(
    place: Place,
    incident: Incident,
    buildings: list[UUID],
    *,
    kind: str = "sealed",
    zone: UUID | None = None,
    post: str = "county",
) -> ZoneVersion:
    return draft_zone(
        version_id=uuid4(),
        zone_id=zone or uuid4(),
        incident_id=incident.id,
        area_id=place.area["committee"],
        name="花园",
        kind=kind,
        building_ids=buildings,
        why="a case lives there",
        is_proposed=False,
        by=place.actor(post),
        at=place.at,
    )


def adopted(place: Place, version: ZoneVersion, at: datetime | None = None) -> ZoneVersion:
    decision = ask_for_zone(
        decision_id=uuid4(), version_id=version.id, reason="case", by=place.actor("county"), at=at or place.at
    )
    decide_zone(
        decision_id=decision.id,
        says="grant",
        reason="",
        paper_number="甲指〔2026〕1号",
        by=place.actor("command"),
        at=at or place.at,
    )
    return ZoneVersion.objects.get(id=version.id)


def test_an_adopted_zone_holds_who_lives_there_in_words_with_authority_paper_and_end(
    place: Place, outbreak: Incident
) -> None:
    version = adopted(place, drafted(place, outbreak, place.buildings["committee"][:1]))
    inside, outside = place.people[0], place.people[-1]
    (hold,) = holds_of(inside, at=place.at)
    assert version.state == "in_force" and holds_of(outside, at=place.at) == []
    assert hold.words["zh"] == "封控区" and hold.paper_number == "甲指〔2026〕1号" and hold.authority == "甲区"
    assert (
        hold.rules["leave_home"] == "no"
        and (hold.until_at or hold.review_at)
        and hold.appeal["zh"]
        and hold.appeal["en"]
    )
    assert Message.objects.filter(template="zone-start", recipient_id=inside).count() == 1


def test_the_asker_does_not_decide_and_a_street_is_not_the_county(place: Place, outbreak: Incident) -> None:
    version = drafted(place, outbreak, place.buildings["committee"][:1])
    decision = ask_for_zone(
        decision_id=uuid4(), version_id=version.id, reason="", by=place.actor("command"), at=place.at
    )
    with pytest.raises(AskerDecides):
        decide_zone(
            decision_id=decision.id, says="grant", reason="", paper_number="1", by=place.actor("command"), at=place.at
        )
    for post in ("street", "neighbour"):
        with pytest.raises(NoAuthority):
            decide_zone(
                decision_id=decision.id, says="grant", reason="", paper_number="1", by=place.actor(post), at=place.at
            )
    assert not holds_of(place.people[0], at=place.at)


def test_what_is_missing_is_refused_and_nothing_is_in_force(place: Place, outbreak: Incident) -> None:
    with pytest.raises(ZoneEmpty):
        drafted(place, outbreak, [])
    with pytest.raises(ZoneKindUnknown):
        drafted(place, outbreak, place.buildings["committee"][:1], kind="curfew")
    with pytest.raises(RightMissing):
        drafted(place, outbreak, place.buildings["committee"][:1], post="neighbour")
    version = drafted(place, outbreak, place.buildings["committee"][:1])
    with pytest.raises(ZoneWithoutAuthority):
        adopt_zone(version_id=version.id, by=place.actor("command"), at=place.at)
    decision = ask_for_zone(
        decision_id=uuid4(), version_id=version.id, reason="", by=place.actor("county"), at=place.at
    )
    with pytest.raises(PaperMissing):
        decide_zone(
            decision_id=decision.id, says="grant", reason="", paper_number=" ", by=place.actor("command"), at=place.at
        )
    assert ZoneVersion.objects.get(id=version.id).state == "draft"
    with pytest.raises(ZoneMissing):
        version_seen(version.id, by=place.actor("neighbour"))


def test_a_redrawn_zone_frees_and_tells_whom_it_releases_and_keeps_the_old_version(
    place: Place, outbreak: Incident
) -> None:
    first, second = place.buildings["committee"]
    zone = uuid4()
    old = adopted(place, drafted(place, outbreak, [first, second], zone=zone))
    later = place.at + timedelta(days=1)
    new = adopted(place, drafted(place, outbreak, [first], zone=zone), at=later)
    old.refresh_from_db()
    freed = place.people[12]  # the second building's first person
    assert (old.state, new.number) == ("replaced", 2) and old.buildings.count() == 2
    assert holds_of(freed, at=place.at) and not holds_of(freed, at=later)
    assert holds_of(place.people[0], at=later)[0].source_id == new.id
    assert Message.objects.filter(template="zone-end", recipient_id=freed).exists()


def test_a_review_without_a_decision_alarms_then_falls_to_the_milder_kind(place: Place, outbreak: Incident) -> None:
    version = adopted(place, drafted(place, outbreak, place.buildings["committee"][:1]))
    assert version.review_at is not None and place.system is not None
    run_due(channels={}, by=place.system, at=version.review_at)
    version.refresh_from_db()
    assert version.alarmed_at == version.review_at and version.state == "in_force"
    assert Message.objects.filter(template="duty-alert", about_id=version.id).exists()
    run_due(channels={}, by=place.system, at=version.review_at + GRACE)
    version.refresh_from_db()
    now = ZoneVersion.objects.get(zone_id=version.zone_id, state="in_force")
    assert version.state == "replaced" and now.kind == "controlled"
    assert [h.kind for h in holds_of(place.people[0], at=version.review_at + GRACE)] == ["controlled"]


def test_lifting_names_the_failing_conditions_and_frees_everybody(place: Place, outbreak: Incident) -> None:
    version = adopted(place, drafted(place, outbreak, place.buildings["committee"][:1]))
    version = version_seen(version.id, by=place.actor("command"))
    early = {c["name"]: c for c in lifting_conditions(version, at=place.at + timedelta(days=3))}
    late = {c["name"]: c for c in lifting_conditions(version, at=place.at + timedelta(days=14))}
    no_case = next(n for n, c in early.items() if c["stands"] == 3)
    assert not early[no_case]["holds"] and late[no_case]["holds"] and early[no_case]["needed"] == 14
    with pytest.raises(RightMissing):
        lift_zone(version_id=version.id, why="over", by=place.actor("street"), at=place.at)
    lift_zone(version_id=version.id, why="over", by=place.actor("command"), at=place.at + timedelta(days=14))
    assert holds_of(place.people[0], at=place.at + timedelta(days=14)) == []
    assert holds_of(place.people[0], at=place.at + timedelta(days=13))


def test_what_if_says_who_is_inside_before_anybody_decides(place: Place) -> None:
    seen = what_if(place.buildings["committee"], at=place.at)
    assert (seen["buildings"], seen["persons"], seen["flags"]) == (2, 24, {"elder-alone": 2})


def test_a_version_in_force_keeps_its_outline_and_one_without_is_drawn_when_it_is_looked_at(
    place: Place, outbreak: Incident
) -> None:
    version = adopted(place, drafted(place, outbreak, place.buildings["committee"]))
    drawn = outline_of(version.id)
    assert drawn is not None and version.outline == drawn == zone_shapes([version])[version.id]
    Building.objects.filter(id__in=place.buildings["committee"]).update(lon=100.0)
    moved = outline_of(version.id)
    assert moved != drawn and zone_shapes([version]) == {version.id: drawn}
    ZoneVersion.objects.filter(id=version.id).update(outline=None)
    assert zone_shapes([version]) == {version.id: moved}


def test_each_version_tells_what_it_added_kept_and_released(place: Place, outbreak: Incident) -> None:
    first, second = place.buildings["committee"]
    one = adopted(place, drafted(place, outbreak, [first]))
    two = adopted(place, drafted(place, outbreak, [first, second], zone=one.zone_id))
    three = adopted(place, drafted(place, outbreak, [second], zone=one.zone_id))
    told = steps_of(versions_of(one.zone))
    for before, v, buildings in ((None, one, [first]), (one, two, [first, second]), (two, three, [second])):
        assert told[v.id] == {k: len(found) for k, found in difference(before, buildings).items()}
    assert told[three.id] == {"added": 0, "kept": 1, "released": 1}


def test_who_is_inside_is_counted_by_person_and_flag(place: Place, outbreak: Incident) -> None:
    version = drafted(place, outbreak, place.buildings["committee"])
    lives = Presence.objects.filter(building_id__in=place.buildings["committee"], kind="lives", to_on=None)
    flags = PersonFlag.objects.filter(person_id__in=lives.values("person_id"), to_on=None)
    counted = Counter(flags.values_list("flag", flat=True))
    assert counted and inside_of(version) == {"buildings": 2, "persons": lives.count(), "flags": dict(counted)}


def test_standing_deliveries_end_with_the_zone_that_asked_for_them_and_only_there(
    place: Place, outbreak: Incident
) -> None:
    """Redrawn without the first building, its deliveries end; the second's go on until the zone is lifted."""

    def delivery(household: UUID, incident: Incident | None) -> UUID:
        new = NewItem(uuid4(), place.area["committee"], "household", household,
                      values={"what": "米", "every_days": 3})  # fmt: skip
        return open_item(kind_name="standing-delivery", item=new, by=place.actor("lead"), at=place.at,
                         incident_id=incident.id if incident else None)  # fmt: skip

    first, second = place.buildings["committee"]
    both = drafted(place, outbreak, [first, second])
    adopted(place, both)
    inside, kept = delivery(place.households[0], outbreak), delivery(place.households[4], outbreak)
    for_life = delivery(place.households[1], None)  # belongs to no incident: it goes on
    later = place.at + timedelta(days=1)
    smaller = drafted(place, outbreak, [second], zone=both.zone_id)
    adopted(place, smaller, at=later)
    stands = dict(Item.objects.filter(kind="standing-delivery").values_list("id", "state"))
    assert stands == {inside: "ended", kept: "running", for_life: "running"}
    assert not Item.objects.get(id=inside).clocks.filter(stopped_at=None).exists()
    lift_zone(version_id=smaller.id, why="w", by=place.actor("command"), at=later + timedelta(hours=1))
    stands = dict(Item.objects.filter(kind="standing-delivery").values_list("id", "state"))
    assert stands == {inside: "ended", kept: "ended", for_life: "running"}
