"""A warning reaches the posts outdoors of its area and nobody else's: flagged, told, answered, widened, over."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.base.actor import Actor
from lianfang.base.models import LogEntry
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.areas.services import set_outlines
from lianfang.domains.calls.models import Call
from lianfang.domains.incidents.errors import (
    AlertElsewhere,
    AlertNotReal,
    AlertUnreadable,
    WarningMissing,
    WarningUnfit,
    WarningUnknown,
)
from lianfang.domains.incidents.models import WarningArea, WeatherWarning
from lianfang.domains.incidents.queries import (
    heat_rule_at,
    timeline,
    warning_seen,
    warnings_over,
    warnings_seen,
    weather_limits_at,
)
from lianfang.domains.incidents.services import WarningText
from lianfang.domains.messages.models import Message
from lianfang.domains.places.services import register_place, set_state
from lianfang.domains.work.errors import ALL, ItemMissing
from lianfang.domains.work.models import Clock, Item
from lianfang.domains.work.queries.weather import check_counts, checks_of, checks_on, my_checks
from lianfang.domains.work.rules import CHECK
from lianfang.domains.work.services import note_check
from lianfang.flows.run_due import run_due
from lianfang.flows.weather import cancel_warning, run_weather, take_alert, warn
from tests.factories.alerts import HOUR, alert, code_area, info, shape_area
from tests.factories.call import called
from tests.factories.place import Place
from tests.factories.rounds import outbreak_in, round_in

pytestmark = pytest.mark.database
MINUTES = timedelta(minutes=20)  # as the edition has it


def storm(place: Place, *, where: tuple[str, ...] = ("district",), kind: str = "rainstorm", colour: str = "yellow",
          post: str = "officer", at: datetime | None = None, lasts: timedelta = 6 * HOUR,
          begins: timedelta = timedelta(), replaces: UUID | None = None) -> WeatherWarning:  # fmt: skip
    """A warning typed in by a post."""
    at = at or place.at
    says = WarningText(kind, colour, at + begins, at + begins + lasts, [place.area[w] for w in where])
    return warn(warning_id=uuid4(), says=says, replaces_id=replaces, by=place.actor(post, at), at=at)


def answer_check(*, note_id: UUID, item_id: UUID, choice: str, by: Actor, at: datetime, move: str = "answer") -> None:
    item = Item.objects.filter(id=item_id).first()
    about = {"warning_id": item.root_id, "incident_id": item.incident_id, "area_id": item.area_id} if item else {
        "warning_id": uuid4(), "incident_id": None, "area_id": uuid4()}  # fmt: skip
    note_check(note_id=note_id, item_id=item_id, **about, move=move, choice=choice, by=by, at=at)


def flagged() -> set[UUID]:
    return set(Item.objects.filter(kind=CHECK, is_closed=False).values_list("unit_id", flat=True))


def gate(place: Place, where: str, kind: str = "gate") -> UUID:
    made = register_place(place_id=uuid4(), kind=kind, name=f"卡口 {where}", name_en="", area_id=place.area[where],
                          capacity={}, lon=1.0, lat=1.0, incident_id=None, by=place.system, at=place.at)  # fmt: skip
    set_state(place_id=made.id, state="open", by=place.system, at=place.at)
    return made.id


def test_calls_and_places_outdoors_in_the_area_and_time_are_flagged_once_with_their_lead_and_clock(
    place: Place,
) -> None:
    near, other = called(place, 2, 2), called(place, 1, where="committee3")
    called(place, 2, task="medical")  # indoors
    called(place, 2, begins=10 * HOUR)  # after it
    called(place, 2, where="neighbour_committee")
    at_gate, indoors = gate(place, "committee2"), gate(place, "committee2", "shop")
    warning = storm(place)
    assert flagged() == {near.id, other.id, at_gate} and indoors not in flagged()
    items = {i.unit_id: i for i in Item.objects.filter(kind=CHECK)}
    assert items[near.id].owner_id == place.accounts["lead"].id and items[near.id].title == "沙洲社区居委会 · 扫码登记"
    assert (
        items[at_gate].owner_id == place.accounts["grid2"].id
    )  # its grid worker: that committee has no lead of its own
    assert items[other.id].owner_id == place.accounts["street2"].id  # nobody leads that village: its street does
    assert {c.due_at for c in Clock.objects.filter(item__kind=CHECK)} == {place.at + MINUTES}
    told = Message.objects.filter(template="weather-warning")
    assert {m.recipient_id for m in told} == {i.owner_id for i in items.values()} and {m.purpose for m in told} == {
        "warn"
    }
    assert run_weather(by=place.system, at=place.at + MINUTES) == 0 and len(items) == 3
    assert check_counts([warning.line_id], by=place.actor("command"), at=place.at + 2 * MINUTES) == {
        warning.line_id: {"open": 3, "asked": 3, "late": 3}
    }


def test_sites_of_an_open_round_are_flagged_with_their_incident_and_no_place_twice(place: Place) -> None:
    incident = outbreak_in(place, at=place.at)
    testing = round_in(place, at=place.at, incident=incident)
    storm(place, kind="gale", colour="blue")
    rows = Item.objects.filter(kind=CHECK)
    assert rows.count() == len(testing.stations) == 2 and {r.incident_id for r in rows} == {incident.id}
    assert {r.unit_kind for r in rows} == {"place"}


def test_a_storm_over_many_sites_is_a_few_statements(place: Place) -> None:
    def asked(n: int) -> int:
        for _ in range(n):
            gate(place, "committee")
        with CaptureQueriesContext(
            connection,
        ) as seen:
            storm(place)
        return len(seen)

    few = asked(2)
    assert asked(60) <= few and len(flagged()) == 62


def test_an_unanswered_check_goes_up_and_an_answer_stops_its_clock(place: Place) -> None:
    call = called(place, 2)
    storm(place)
    late = place.at + MINUTES
    run_due(channels={}, by=place.system, at=late - timedelta(seconds=1))
    assert Item.objects.get(kind=CHECK).owner_id == place.accounts["lead"].id
    run_due(channels={}, by=place.system, at=late)
    item = Item.objects.get(kind=CHECK)
    assert item.owner_id == place.accounts["street"].id
    answer_check(note_id=uuid4(), item_id=item.id, choice="kit", by=place.actor("street"), at=late)
    assert not Clock.objects.filter(item=item, stopped_at=None).exists()
    [check] = checks_on([call.id])[call.id]
    assert (check.choice, check.answered_by, check.is_paused) == ("kit", "street-lead street", False)


def test_a_lead_answers_changes_it_and_goes_back_to_normal_others_may_not(place: Place) -> None:
    call = called(place, 2)
    warning = storm(place)
    [mine] = my_checks(place.actor("lead"))
    item, lead = mine.item.id, place.actor("lead")
    with pytest.raises(ALL["work.field_unfit"]):
        answer_check(note_id=uuid4(), item_id=item, choice="dance", by=lead, at=place.at)
    for stranger in ("neighbour", "street2", "grid", "volunteer", "sampler"):
        with pytest.raises(ALL["work.move_not_yours"]):
            answer_check(note_id=uuid4(), item_id=item, choice="pause", by=place.actor(stranger), at=place.at)
    with pytest.raises(ItemMissing):
        answer_check(note_id=uuid4(), item_id=uuid4(), choice="pause", by=lead, at=place.at)
    note = uuid4()
    for _ in range(2):
        answer_check(note_id=note, item_id=item, choice="pause", by=lead, at=place.at)
    assert checks_on([call.id])[call.id][0].is_paused
    with pytest.raises(ItemMissing):  # under another warning than its own
        note_check(note_id=uuid4(), item_id=item, warning_id=uuid4(), incident_id=None, move="answer", choice="kit",
                   area_id=place.area["committee"],
                   by=lead, at=place.at)  # fmt: skip
    answer_check(note_id=uuid4(), item_id=item, choice="shelter", by=lead, at=place.at + MINUTES)
    assert not checks_on([call.id])[call.id][0].is_paused
    assert LogEntry.objects.filter(service="work.note_check", about__contains=[warning.line_id]).count() == 2
    note = uuid4()
    for _ in range(2):
        answer_check(note_id=note, item_id=item, choice="", move="resume", by=lead, at=place.at + 2 * MINUTES)
    assert checks_on([call.id]) == {} and Item.objects.get(id=item).state == "done"
    assert run_weather(by=place.system, at=place.at + 2 * MINUTES) == 0  # it is not asked again for the same warning


def test_cancel_and_expiry_close_what_is_open_and_say_why(place: Place) -> None:
    called(place, 2)
    for ends in ("cancel", "expire"):
        warning = storm(place, lasts=2 * HOUR)
        assert flagged()
        if ends == "cancel":
            for _ in range(2):
                cancel_warning(warning_id=warning.id, why="雨停了", by=place.actor("county"), at=place.at + HOUR)
        else:
            assert run_weather(by=place.system, at=place.at + 2 * HOUR - timedelta(seconds=1)) == 0
            assert run_weather(by=place.system, at=place.at + 2 * HOUR) == 1
        ended = WeatherWarning.objects.get(id=warning.id)
        assert ended.ended_why == ("雨停了" if ends == "cancel" else "incidents.until_reached") and not flagged()
        assert not warnings_over([place.area["committee"]], at=place.at + 2 * HOUR)[place.area["committee"]]
    entries = LogEntry.objects.count()
    assert run_weather(by=place.system, at=place.at + 3 * HOUR) == 0 and LogEntry.objects.count() == entries


def test_a_call_posted_while_it_holds_is_flagged_and_one_that_is_closed_is_freed(place: Place) -> None:
    storm(place)
    later: Call = called(place, 1, at=place.at + HOUR)
    assert run_weather(by=place.system, at=place.at + HOUR) == 1 and flagged() == {later.id}
    later.state = "closed"
    later.save()
    run_weather(by=place.system, at=place.at + HOUR + MINUTES)
    assert not flagged() and Item.objects.get(kind=CHECK).state == "over"


def test_the_next_version_widens_frees_and_in_another_colour_asks_again(place: Place) -> None:
    first, second = called(place, 2), called(place, 2, where="committee3")
    one = storm(place, where=("street",))
    assert flagged() == {first.id}
    [check] = checks_on([first.id])[first.id]
    answer_check(note_id=uuid4(), item_id=check.item.id, choice="kit", by=place.actor("lead"), at=place.at)
    two = storm(place, where=("street", "street2"), replaces=one.id, at=place.at + MINUTES)
    assert flagged() == {first.id, second.id} and (two.line_id, two.number) == (one.line_id, 2)
    assert checks_on([first.id])[first.id][0].choice == "kit"  # what was chosen stands
    three = storm(place, where=("street",), colour="red", replaces=two.id, at=place.at + 2 * MINUTES)
    [again] = checks_on([first.id])[first.id]
    assert flagged() == {first.id} and again.choice == "" and again.warning.id == three.id
    assert [c.item.state for c in checks_of(three, by=place.actor("command"))] == ["asked", "over", "over"]
    with pytest.raises(WarningMissing):
        storm(place, replaces=one.id)


def test_only_who_may_report_in_all_of_its_areas_enters_or_ends_a_warning(place: Place) -> None:
    warning = storm(place, where=("street", "street2"))
    for post, where in (("neighbour", "street"), ("street", "street2"), ("lead", "street"), ("volunteer", "committee"),
                        ("publicity", "district"), ("auditor", "district")):  # fmt: skip
        with pytest.raises(RightMissing):
            storm(place, where=(where,), post=post)
    for post in ("street", "neighbour", "volunteer"):
        with pytest.raises(RightMissing):
            cancel_warning(warning_id=warning.id, why="x", by=place.actor(post), at=place.at)
    assert WeatherWarning.objects.count() == 1
    assert warnings_seen(place.actor("lead")).count() == 1 and not warnings_seen(place.actor("neighbour_grid")).exists()
    with pytest.raises(WarningMissing):
        warning_seen(warning.id, by=place.actor("neighbour"))


def test_what_makes_no_sense_is_refused_and_leaves_nothing(place: Place) -> None:
    for more, refused in (
        ({"kind": "locusts"}, WarningUnknown), ({"kind": "hail", "colour": "blue"}, WarningUnknown),
        ({"where": ()}, WarningUnfit), ({"lasts": timedelta()}, WarningUnfit), ({"begins": -9 * HOUR}, WarningUnfit),
    ):  # fmt: skip
        with pytest.raises(refused):
            storm(place, **more)  # type: ignore[arg-type]  # a test's own mixture
    with pytest.raises(WarningUnfit):
        cancel_warning(warning_id=storm(place).id, why=" ", by=place.actor("officer"), at=place.at)
    assert WeatherWarning.objects.count() == 1


def test_an_alert_flags_updates_and_cancels_by_its_references(place: Place) -> None:
    first, second = called(place, 2), called(place, 2, where="committee3")
    by, at = place.actor("officer"), place.at
    yellow = alert(at, info(at, [code_area("990101001000", "东街道"), code_area("880000", "火星")]))
    for _ in range(2):
        taken = take_alert(data=yellow, by=by, at=at)
    assert taken.left_out == ["火星"] and [w.left_out for w in taken.raised] == [["火星"]]
    assert flagged() == {first.id} and WeatherWarning.objects.count() == 1
    wider = alert(at + HOUR, info(at + HOUR, [code_area("990101")]), identifier="A2", kind="Update", references=["A1"])
    for _ in range(2):
        [made] = take_alert(data=wider, by=by, at=at + HOUR).raised
    assert made.number == 2 and flagged() == {first.id, second.id} and WeatherWarning.objects.count() == 2
    over = alert(at + 2 * HOUR, identifier="A3", kind="Cancel", references=["A2"])
    assert len(take_alert(data=over, by=by, at=at + 2 * HOUR).ended) == 1 and not flagged()
    with pytest.raises(WarningMissing):
        take_alert(data=over, by=by, at=at + 2 * HOUR)


def test_an_alert_of_the_whole_city_is_narrowed_to_each_importers_own_area(place: Place) -> None:
    called(place, 2)
    theirs = called(place, 2, where="neighbour_committee")
    data = alert(place.at, info(place.at, [code_area("990100000000", "试验市")]))
    [mine] = take_alert(data=data, by=place.actor("officer"), at=place.at).raised
    [other] = take_alert(data=data, by=place.actor("neighbour"), at=place.at).raised
    areas = {w: set(WarningArea.objects.filter(warning=w).values_list("area_id", flat=True)) for w in (mine, other)}
    assert areas == {mine: {place.area["district"]}, other: {place.area["neighbour"]}} and theirs.id in flagged()
    cancel = alert(place.at, identifier="A9", kind="Cancel", references=["A1"])
    assert take_alert(data=cancel, by=place.actor("neighbour"), at=place.at).ended == [other]
    assert WeatherWarning.objects.get(id=mine.id).ended_at is None


def test_areas_drawn_on_the_map_and_named_in_words_are_found(place: Place) -> None:
    def box(lon: float) -> dict[str, object]:
        ring = [[lon, 24.0], [lon + 0.1, 24.0], [lon + 0.1, 24.1], [lon, 24.1], [lon, 24.0]]
        return {"type": "Polygon", "coordinates": [ring]}

    drawn = {"committee": 113.0, "committee2": 113.1, "committee3": 113.2, "neighbour_committee": 113.3}
    set_outlines(outlines=[(place.area[k], box(lon)) for k, lon in drawn.items()], is_invented=True, by=place.system,
                 at=place.at)  # fmt: skip
    by = place.actor("officer")

    def areas(*shapes: str) -> set[UUID]:
        data = alert(place.at, info(place.at, shapes), identifier=uuid4().hex)
        [made] = take_alert(data=data, by=by, at=place.at).raised
        return set(WarningArea.objects.filter(warning=made).values_list("area_id", flat=True))

    west = shape_area("polygon", "24.05,113.05 24.05,113.15 24.08,113.15 24.08,113.05 24.05,113.05")
    assert areas(west) == {place.area["committee"], place.area["committee2"]}
    assert areas(shape_area("circle", "24.05,113.25 1")) == {place.area["committee3"]}
    assert areas("<area><areaDesc>西街道</areaDesc></area>") == {place.area["street2"]}
    with pytest.raises(AlertElsewhere):
        areas(shape_area("circle", "24.05,113.35 1"))  # the neighbour's ground


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (b"<!DOCTYPE a><alert/>", AlertUnreadable),
        (b"PK\x03\x04", AlertUnreadable),
    ],
)
def test_a_hostile_or_broken_file_is_refused_with_element_and_fix(place: Place, data: bytes, refused: type) -> None:
    with pytest.raises(refused) as found:
        take_alert(data=data, by=place.actor("officer"), at=place.at)
    assert set(found.value.values) == {"element", "fix"}


def test_tests_drafts_errors_and_unknown_events_flag_nobody(place: Place) -> None:
    called(place, 2)
    by, at, here = place.actor("officer"), place.at, [code_area("990101")]
    for status in ("Test", "Draft", "Exercise", "System"):
        with pytest.raises(AlertNotReal):
            take_alert(data=alert(at, info(at, here), status=status), by=by, at=at)
    for kind in ("Ack", "Error"):
        with pytest.raises(AlertUnreadable):
            take_alert(data=alert(at, info(at, here), kind=kind), by=by, at=at)
    mixed = alert(at, info(at, here), info(at, here, event="蝗灾", headline="蝗灾黄色"))
    with pytest.raises(AlertUnreadable):
        take_alert(data=mixed, by=by, at=at)
    with pytest.raises(RightMissing):
        take_alert(data=alert(at, info(at, here)), by=place.actor("volunteer"), at=at)
    assert not WeatherWarning.objects.exists() and not flagged()


def test_the_heat_rule_holds_in_its_area_while_the_warning_does_and_the_strictest_counts(place: Place) -> None:
    here, at = place.area["committee"], place.at
    assert heat_rule_at(here, at).suit_minutes is None
    storm(place, kind="heat", colour="yellow")
    storm(place, where=("street",), kind="heat", colour="orange", begins=HOUR)
    storm(place, kind="rainstorm", colour="red")
    now, soon = heat_rule_at(here, at), heat_rule_at(here, at + HOUR)
    assert (now.suit_minutes, now.outdoor_minutes, now.stops) == (60, None, False)
    assert (soon.suit_minutes, soon.outdoor_minutes, soon.turn_minutes, soon.break_minutes) == (45, 360, 120, 15)
    assert [r.until_at for r in soon.rules] == [at + 6 * HOUR, at + 7 * HOUR]
    assert soon.rules[1].closed_hours == (12.0, 15.0) and "art. 8" in soon.rules[1].sources["heat_outdoor_minutes"]
    assert heat_rule_at(here, at + 8 * HOUR).rules == () == heat_rule_at(place.area["neighbour"], at).rules
    both = weather_limits_at([here, place.area["neighbour"]], at=at)
    assert {r.kind for r in both[here].rules} == {"heat", "rainstorm"} and both[place.area["neighbour"]].rules == ()


def test_the_timeline_of_an_incident_shows_the_warning_over_it_with_its_own_posts_and_no_other(place: Place) -> None:
    incident = outbreak_in(place, at=place.at)
    called(place, 2)
    theirs = called(place, 2, where="neighbour_committee")
    before = {e.id for e in timeline(incident)}
    storm(place, where=("neighbour",), post="neighbour")
    assert {e.id for e in timeline(incident)} == before
    storm(place, where=("neighbour",), post="above", kind="gale", colour="blue")
    first = WeatherWarning.objects.get(kind="gale")
    storm(place, where=("city",), post="above", kind="gale", colour="blue", replaces=first.id)
    [check] = my_checks(place.actor("lead"))
    answer_check(note_id=uuid4(), item_id=check.item.id, choice="re-time", by=place.actor("lead"), at=place.at)
    other = Item.objects.get(unit_id=theirs.id, root_id=first.line_id)
    answer_check(note_id=uuid4(), item_id=other.id, choice="pause", by=place.actor("neighbour"), at=place.at)
    fresh = [e for e in timeline(incident) if e.id not in before]
    assert {e.service for e in fresh} >= {"incidents.raise_warning", "work.flag_posts", "work.note_check"}
    [answered] = [e for e in fresh if e.service == "work.note_check"]  # not what the neighbour chose
    assert answered.told["choice"] == "re-time" and answered.told["post"]["zh"] == "沙洲社区居委会 · 扫码登记"
