"""Coming and leaving: nobody leaves who never came, and hours are those that passed, whatever the clocks did."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.queries import hours_by, turnout_by_unit
from lianfang.domains.calls.services import (
    Presence,
    Step,
    check_in,
    check_out,
    claim_shift,
    confirm_turnout,
    note_attendance,
)
from tests.factories.call import HOUR, acting, called, shift_of, unit, volunteers
from tests.factories.place import Place

pytestmark = pytest.mark.database
BERLIN = ZoneInfo("Europe/Berlin")


def take(place: Place, shift: Shift, who: Account) -> Claim:
    return claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=who.id, by=acting(who, place.at), at=place.at)


def test_who_never_came_in_leaves_by_no_door_and_has_no_hours(place: Place) -> None:
    shift, [who] = shift_of(called(place, 1)), volunteers(place, 1, unit=unit(place))
    claim, me, lead, t = take(place, shift, who), acting(who, place.at), place.actor("lead"), shift.starts_at
    for by in (me, lead):
        done = check_out(presences=[Presence(claim.id, t + HOUR, by)], by=by, at=t + HOUR)[0]
        assert (done.code, done.values) == ("calls.not_in", {"state": "claimed"})
    note = Step(uuid4(), claim.id, "out", t + HOUR, me)  # from a phone that had no signal
    assert note_attendance(notes=[note], by=me, at=t + 2 * HOUR)[0].code == "calls.not_in"
    kept = Claim.objects.get(id=claim.id)
    assert (kept.state, kept.checked_out_at, kept.hours_served) == ("claimed", None, None)
    confirm_turnout(shift_id=shift.id, by=lead, at=shift.ends_at)
    kept.refresh_from_db()
    assert (kept.state, kept.checked_out_at, kept.hours_at) == ("no_show", None, None)
    assert hours_by("unit", by=lead, from_at=place.at, until_at=shift.ends_at) == []
    [row] = turnout_by_unit(by=lead, from_at=place.at, until_at=shift.ends_at)
    assert (row.person_times, row.hours, row.no_shows) == (0, 0, 1)


@pytest.mark.parametrize(
    ("came", "left", "hours"),
    [
        (datetime(2026, 10, 23, 21, 0, tzinfo=BERLIN), datetime(2026, 10, 24, 4, 30, tzinfo=BERLIN), 7.5),
        # The clocks of Berlin go back at 03:00 on 25 October 2026, and forward at 02:00 on 29 March.
        (datetime(2026, 10, 24, 22, 0, tzinfo=BERLIN), datetime(2026, 10, 25, 6, 0, tzinfo=BERLIN), 9.0),
        (datetime(2027, 3, 27, 22, 0, tzinfo=BERLIN), datetime(2027, 3, 28, 6, 0, tzinfo=BERLIN), 7.0),
    ],
)
def test_hours_over_midnight_and_over_a_change_of_clocks_are_those_that_passed(
    place: Place, came: datetime, left: datetime, hours: float
) -> None:
    place.at = came.astimezone(UTC) - 2 * HOUR
    own, lead = unit(place), place.actor("lead")
    [who] = volunteers(place, 1, unit=own)
    shift = shift_of(called(place, 1, begins=2 * HOUR, lasts=12 * HOUR))
    claim = take(place, shift, who)
    assert check_in(presences=[Presence(claim.id, came, lead)], by=lead, at=came)[0].code == ""
    assert check_out(presences=[Presence(claim.id, left, lead)], by=lead, at=left)[0].code == ""
    kept = Claim.objects.get(id=claim.id)
    assert kept.hours_served == hours
    kept.checked_in_at, kept.checked_out_at = came, left  # as a door holds them, in the zone of the site
    assert kept.hours_served == hours
    span = {"from_at": place.at, "until_at": left.astimezone(UTC) + HOUR}
    assert [served.hours for _, served in hours_by("unit", by=lead, **span)] == [hours]
    assert [row.hours for row in turnout_by_unit(by=lead, **span)] == [hours]
