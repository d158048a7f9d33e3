"""An appeal: by the person or at the door, looked at by another, answered with a reason; granted, it frees."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.base import clock
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.accounts.services import grant_role, open_account
from lianfang.domains.decisions.errors import AppealWaits, AppealWithoutWords, NoAuthority, OwnHold
from lianfang.domains.decisions.models import Decision
from lianfang.domains.decisions.queries import steps_overdue
from lianfang.domains.holds.errors import HoldMissing
from lianfang.domains.holds.models import Hold
from lianfang.domains.holds.queries import holds_of
from lianfang.domains.holds.services import Terms, place_hold
from lianfang.domains.incidents.models import ZoneVersion
from lianfang.domains.incidents.services import draft_zone
from lianfang.domains.messages.models import Message
from lianfang.flows.appeals import appeal, decide_appeal
from lianfang.flows.zones import ask_for_zone, decide_zone, lift_zone
from tests.web.conftest import Town, town

__all__ = ["town"]
pytestmark = pytest.mark.database
SAYS = "我那几天不在这栋楼，住在外地"


def zone_hold(t: Town) -> Hold:
    """What holds the first building."""
    return Hold.objects.get(source_id=t.zone)


def own_hold(t: Town) -> Hold:
    """The first person is held alone, by the command's word."""
    terms = Terms(kind="contact", rank=5, edition=t.incident.edition, rule="P3", authority="区指挥部", paper_number="7",
                  words={"zh": "密接", "en": "Contact"}, until_at=clock.now() + timedelta(days=5))  # fmt: skip
    return place_hold(hold_id=uuid4(), terms=terms, area_id=t.place.area["committee"], person_id=t.place.people[0],
                      building_ids=[], incident_id=t.incident.id, source_id=None, decision_id=None,
                      by=t.place.actor("command"), at=clock.now())  # fmt: skip


def asked(t: Town, hold: Hold, *, post: str = "resident", says: str = SAYS, person: int = 0) -> Decision:
    return appeal(decision_id=uuid4(), hold_id=hold.id, person_id=t.place.people[person], says=says,
                  by=t.place.actor(post, clock.now()), at=clock.now())  # fmt: skip


def second(t: Town) -> str:
    """Another account of the command, which decided nothing yet."""
    by, at = t.place.system, clock.now()
    assert by
    account = open_account(account_id=uuid4(), username="command2", label="指挥部二", password_hash="!",
                           person_id=None, area_id=t.place.area["district"], by=by, at=at)  # fmt: skip
    grant_role(grant_id=uuid4(), account_id=account.id, role="command", area_id=t.place.area["district"],
               until_at=None, by=by, at=at)  # fmt: skip
    t.place.accounts["second"] = account
    return "second"


def decided(t: Town, d: Decision, says: str, *, post: str = "second", reason: str = "") -> Decision:
    by = actor_for(t.place.accounts[post], at=clock.now())
    return decide_appeal(decision_id=d.id, says=says, reason=reason, by=by, at=clock.now())


def restricts(t: Town, person: int = 0) -> list[UUID]:
    """Holds that restrict a person, unless an exemption speaks first."""
    rows = holds_of(t.place.people[person], at=clock.now())
    return [] if rows and rows[0].effect != "restrict" else [h.id for h in rows]


def test_the_words_are_sealed_and_the_clock_runs_a_day(town: Town) -> None:
    d = asked(town, zone_hold(town))
    assert SAYS.encode() not in bytes(d.sealed) and SAYS not in str(vars(d)) and d.sealed
    assert list(steps_overdue(clock.now() + timedelta(hours=23, minutes=59))) == []
    assert [s.decision_id for s in steps_overdue(clock.now() + timedelta(hours=24, minutes=1))] == [d.id]


def test_whoever_decided_the_hold_does_not_decide_the_appeal(town: Town) -> None:
    d = asked(town, zone_hold(town))
    with pytest.raises(OwnHold):
        decided(town, d, "grant", post="command")
    for post in ("grid", "lead", "neighbour"):
        with pytest.raises(NoAuthority):
            decided(town, d, "grant", post=post)
    assert decided(town, d, "grant", post=second(town)).state == "granted"


def test_granted_against_a_zone_the_person_is_exempt_and_the_neighbours_are_not(town: Town) -> None:
    hold = zone_hold(town)
    assert restricts(town) == [hold.id]
    decided(town, asked(town, hold), "grant", post=second(town))
    assert restricts(town) == [] and restricts(town, 1) == [hold.id]
    exempt = holds_of(town.place.people[0], at=clock.now())[0]
    assert (exempt.effect, exempt.until_at, exempt.review_at) == ("exempt", hold.until_at, hold.review_at)
    told = Message.objects.get(recipient_id=town.place.people[0], template="appeal-answered")
    assert told.about_id == exempt.decision_id


def test_the_exemption_outlasts_a_new_drawing_and_ends_with_the_zone(town: Town) -> None:
    decided(town, asked(town, zone_hold(town)), "grant", post=second(town))
    p, at = town.place, clock.now()
    old = ZoneVersion.objects.get(id=town.zone)
    new = draft_zone(version_id=uuid4(), zone_id=old.zone_id, incident_id=town.incident.id, area_id=p.area["committee"],
                     name="花园", kind="sealed", building_ids=p.buildings["committee"], why="more", is_proposed=False,
                     by=p.actor("county", at), at=at)  # fmt: skip
    ask = ask_for_zone(decision_id=uuid4(), version_id=new.id, reason="r", by=p.actor("county", at), at=at)
    decide_zone(decision_id=ask.id, says="grant", reason="", paper_number="2", by=p.actor("command", at), at=at)
    assert restricts(town) == [] and restricts(town, 1) == [Hold.objects.get(source_id=new.id, person=None).id]
    lift_zone(version_id=new.id, why="over", by=p.actor("command", clock.now()), at=clock.now())
    assert holds_of(p.people[0], at=clock.now()) == []


def test_granted_against_a_hold_on_the_person_alone_that_hold_ends(town: Town) -> None:
    mine = own_hold(town)
    decided(town, asked(town, mine), "grant", post=second(town))
    mine.refresh_from_db()
    assert mine.ended_at and mine.ended_why == "decisions.appeal_granted"
    assert restricts(town) == [zone_hold(town).id]  # the house is still in the zone


def test_refused_it_stays_with_a_reason_and_may_be_asked_again(town: Town) -> None:
    hold, post = zone_hold(town), second(town)
    d = asked(town, hold)
    with pytest.raises(AppealWithoutWords):
        decided(town, d, "refuse", post=post)
    assert decided(town, d, "refuse", post=post, reason="门禁记录显示在").state == "refused"
    assert restricts(town) == [hold.id]
    assert Message.objects.filter(recipient_id=town.place.people[0], template="appeal-answered").count() == 1
    assert asked(town, hold).state == "asked"


def test_one_appeal_at_a_time_a_retry_is_the_first_and_a_housemate_asks_for_himself(town: Town) -> None:
    hold = zone_hold(town)
    d = asked(town, hold)
    by = town.place.actor("resident", clock.now())
    again = appeal(decision_id=d.id, hold_id=hold.id, person_id=town.place.people[0], says=SAYS, by=by, at=clock.now())
    assert again.id == d.id and Decision.objects.filter(kind="appeal").count() == 1
    with pytest.raises(AppealWaits):
        asked(town, hold)
    assert asked(town, hold, post="grid", person=1).state == "asked"  # at the door, for who has no phone


def test_nobody_appeals_for_another_nor_against_what_does_not_hold_him(town: Town) -> None:
    hold = zone_hold(town)
    for post in ("resident", "volunteer", "neighbour_grid"):
        with pytest.raises(RightMissing):
            asked(town, hold, post=post, person=1)
    far = next(n for n, p in enumerate(town.place.people) if not restricts(town, n))
    with pytest.raises(HoldMissing):
        asked(town, hold, post="grid", person=far)
    with pytest.raises(AppealWithoutWords):
        asked(town, hold, says="  ")
