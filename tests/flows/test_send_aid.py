"""People of many institutions in one night, in small: asked, quotas, called out, gathered, lent, paired, sent home."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest

from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import may
from lianfang.domains.calls.queries import call_out_kept
from lianfang.domains.calls.services import answer_call_outs, tick_muster
from lianfang.domains.responders.errors import ResponderUnfit, StepUnfit
from lianfang.domains.responders.models import Member, Mission, Posting, Team
from lianfang.domains.responders.queries import members_of, posted_on
from lianfang.domains.responders.services import ask_mission, give_quotas
from lianfang.flows.send_aid import (
    assemble_mission,
    call_up_mission,
    host_mission,
    offer_mission,
    pair_up,
    release_mission,
)
from tests.factories.call import HOUR, acting, unit, volunteers
from tests.factories.people import ids, serving, skilled
from tests.factories.place import Place

pytestmark = pytest.mark.database


@pytest.fixture
def called_up(place: Place) -> tuple[Mission, list[Account], list[UUID]]:
    """A mission of five from two hospitals of three medics each, whose people have been called out."""
    bodies = [unit(place, f"医院{n}", "hospital", "district") for n in range(2)]
    people = [a for b in bodies for a in volunteers(place, 3, unit=b, where="district")]
    host = _host(place)
    made = ask_mission(mission_id=uuid4(), sender_area_id=place.area["district"], task="sampling",
                       receiver_area_id=place.area["neighbour"], title={"zh": "支援蓬江区"}, people=5,
                       from_at=place.at, until_at=place.at + timedelta(days=3), by=host, at=place.at)  # fmt: skip
    give_quotas(mission_id=made.id, staff=dict.fromkeys(bodies, 3), by=place.actor("county"), at=place.at)
    return made, people, bodies


def _host(place: Place) -> object:
    (officer,) = volunteers(place, 1, where="neighbour", role="county-officer")
    return acting(officer, place.at)


def test_the_whole_night_from_the_notice_to_the_way_home(
    place: Place, called_up: tuple[Mission, list[Account], list[UUID]]
) -> None:
    made, people, _ = called_up
    sender, host = place.actor("county"), _host(place)
    ask = partial(call_up_mission, call_out_id=uuid4(), mission_id=made.id, meet_at=place.at + 2 * HOUR,
                  where="卫健局", repeat_minutes=10, repeats=3, by=sender, at=place.at)  # fmt: skip
    with pytest.raises(StepUnfit):
        ask()
    offer_mission(mission_id=made.id, by=sender, at=place.at)
    out = ask()
    assert call_out_kept(out.id, by=sender).asked == 6  # type: ignore[attr-defined]  # counted
    for p in people[:5]:
        answer_call_outs(call_out_id=out.id, account_ids=[p.id], says="coming", by=acting(p, place.at), at=place.at)
    gather = partial(assemble_mission, mission_id=made.id, name="恩平医疗队", by=sender)
    with pytest.raises(ResponderUnfit):
        gather(at=place.at + HOUR)
    tick_muster(call_out_id=out.id, account_ids=ids(*people[:5]), step="come", by=sender, at=place.at + HOUR)
    gone = gather(at=place.at + HOUR)
    assert gone.team_id and gather(at=place.at + HOUR).team_id == gone.team_id
    there = place.area["neighbour"]
    assert not may(acting(people[0], place.at + HOUR), "sampling.scan", area_id=there)
    on = place.at + 3 * HOUR
    host_mission(mission_id=made.id, by=host, at=on)  # type: ignore[arg-type]  # an actor
    assert may(acting(people[0], on), "sampling.scan", area_id=there)
    assert not may(acting(people[5], on), "sampling.scan", area_id=there)
    assert {(s.unit, s.people) for s in posted_on(on.date(), by=host)} == {("医院0", 3), ("医院1", 2)}  # type: ignore[arg-type]  # an actor
    assert Team.objects.get(id=gone.team_id).area_id == there
    assert len(members_of(gone.team_id, by=sender, at=on)) == 5  # the sender keeps the list
    home = place.at + timedelta(days=2)
    release_mission(mission_id=made.id, words="采样 22 万人次，平安返回", by=host, at=home)  # type: ignore[arg-type]  # an actor
    assert not may(acting(people[0], home), "sampling.scan", area_id=there)
    assert not Posting.objects.filter(team_id=gone.team_id, until_at__gt=home).exists()
    assert Team.objects.get(id=gone.team_id).state == "stood_down"


def test_units_of_two_have_one_who_samples_each_while_there_are(
    place: Place, called_up: tuple[Mission, list[Account], list[UUID]]
) -> None:
    made, people, _ = called_up
    sender = place.actor("county")
    serving(place, *people[:5], kind="medic", where="district")
    for p in people[:2]:
        skilled(place, p, "swab")
    offer_mission(mission_id=made.id, by=sender, at=place.at)
    out = call_up_mission(call_out_id=uuid4(), mission_id=made.id, meet_at=place.at + HOUR, where="", repeats=0,
                          repeat_minutes=5, by=sender, at=place.at)  # fmt: skip
    tick_muster(call_out_id=out.id, account_ids=ids(*people[:5]), step="come", by=sender, at=place.at)
    gone = assemble_mission(mission_id=made.id, name="", by=sender, at=place.at)
    assert gone.team_id is not None
    pair_up(team_id=gone.team_id, by=sender, at=place.at)
    pair_up(team_id=gone.team_id, by=sender, at=place.at)
    units = Team.objects.filter(parent_id=gone.team_id).order_by("name")
    sizes = [list(Member.objects.filter(team=u, state="in").values_list("responder_id", flat=True)) for u in units]
    assert sorted(len(s) for s in sizes) == [2, 3]
    assert all(len({people[0].id, people[1].id} & set(s)) == 1 for s in sizes)
