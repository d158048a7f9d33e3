"""What teams have done: each piece once, in the team its doer had joined last, cancelled and private work not told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.responders.models import Member
from lianfang.domains.responders.services import NewResponder, put_in_team, register_responders
from lianfang.domains.work.queries.teams import done_by_teams
from lianfang.domains.work.services import NewItem, Note, make_move, open_item
from tests.factories.call import volunteers
from tests.factories.people import ids, team
from tests.factories.place import Place
from tests.web.pages import client_of, text_of

HOUR = timedelta(hours=1)
SWAP = {"size": "15", "phone": "13912345678"}


def joined(place: Place, team_id: UUID, *people: UUID, after: float = 0) -> None:
    lead = place.actor("street")
    register_responders(entries=[NewResponder(p, "volunteer") for p in people], by=place.system, at=place.at)
    put_in_team(team_id=team_id, responder_ids=people, role="", by=lead, at=place.at + after * HOUR)


def swapped(place: Place, who: Any, door: UUID, bottles: int, hours: float, *, end: str = "deliver") -> None:
    """Bottles changed at a door by somebody, some hours later; or the swap is cancelled."""
    item, at = uuid4(), place.at + hours * HOUR
    open_item(kind_name="gas-swap", incident_id=None, by=place.actor("lead"), at=place.at,
              item=NewItem(item, place.area["committee"], "household", door, values=SWAP, owner_id=who.id))  # fmt: skip
    steps: list[tuple[str, dict[str, Any]]] = [
        ("collect", {"empties": bottles, "marks_out": "A1"}), ("fill", {}),
        ("deliver", {"full": bottles, "leak_checked": True, "cost": 95}),
    ] if end == "deliver" else [("cancel", {"reason": "不换了"})]  # fmt: skip
    by = actor_for(who, at=at)
    for move, values in steps:
        make_move(note=Note(uuid4(), item, move, by, at, values=values), by=by, at=at)


def told(*teams: UUID) -> dict[str, tuple[float, int, int]]:
    return {d.kind: (d.count, d.items, d.about) for d in done_by_teams(teams)}


def test_each_piece_counts_once_for_the_team_its_doer_joined_last_and_teams_add_up(place: Place) -> None:
    first, second = team(place, "甲队"), team(place, "乙队")
    one, both, none = volunteers(place, 3)
    joined(place, first.id, *ids(one, both))
    joined(place, second.id, both.id, after=5)
    a, b = place.households[:2]
    swapped(place, one, a, 2, 1)
    swapped(place, one, a, 1, 2)  # the same door again
    swapped(place, both, b, 4, 3)  # still of the first alone
    swapped(place, both, b, 8, 6)  # of the second by then
    swapped(place, one, b, 16, 4, end="cancel")
    swapped(place, none, b, 32, 4)
    assert told(first.id) == {"gas-swap": (7, 3, 2)} and told(second.id) == {"gas-swap": (8, 1, 1)}
    assert told(first.id, second.id) == {"gas-swap": (15, 4, 2)}
    # Whoever has left: what he did while he was there stays the team's, what he does afterwards is not.
    Member.objects.filter(team=first, responder_id=one.id).update(state="left", until_at=place.at + 7 * HOUR)
    swapped(place, one, a, 64, 8)
    assert told(first.id) == {"gas-swap": (7, 3, 2)}


def test_the_teams_page_says_it_in_the_works_own_unit_and_never_by_person(place: Place) -> None:
    made, (one,) = team(place), volunteers(place, 1)
    joined(place, made.id, one.id)
    swapped(place, one, place.households[0], 2, 1)
    page = text_of(client_of(place, "street").get(f"/teams/{made.id}"))
    assert "What this team has done" in page and "2 cylinders" in page
    assert client_of(place, "neighbour").get(f"/teams/{made.id}").status_code == 404
