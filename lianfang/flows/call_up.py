"""Samplers are called up by institution: each is asked for so many people for a round, and its people take the places.

The round's plan says how many are needed. An institution is asked by a call of its own, whose audience is that body
alone; so who has agreed and who came are claims and check-ins as on every call, never a second count.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may
from lianfang.domains.calls.errors import CallUnfit
from lianfang.domains.calls.models import Shift
from lianfang.domains.calls.services import NewShift, add_places, post_call
from lianfang.domains.responders.queries import bodies_around
from lianfang.domains.rounds.models import Round
from lianfang.domains.rounds.queries import kind_of
from lianfang.domains.rounds.services import locked_round, require_round


def call_of(round_id: UUID, body_id: UUID) -> UUID:
    """The id of the call by which a body is asked for a round: the same for every asking."""
    return uuid5(round_id, f"called up {body_id}")


def call_up(*, round_id: UUID, asked: Mapping[UUID, int], by: Actor, at: datetime) -> Round:
    """Ask institutions for people for a round: by body how many in all. All of it stands or nothing does.

    Repeat:  the same number for a body: nothing changes; a larger one adds places. Each account of the body that takes
             shifts gets a message with the first asking, where the actor may write to it.
    Rights:  rounds.plan on every area of the round, calls.post on the area it lies in.
    Raises:  RoundMissing, CallUnfit (a body that is not around the round's area, fewer than were asked, sampling over).
    Locks:   the round, then the shifts asked for.
    """
    with transaction.atomic():
        found = locked_round(round_id)
        require_round(by, "rounds.plan", found)
        if found.state not in ("planned", "staffed", "open"):
            raise CallUnfit(field="until", fix=found.ends_at.isoformat())
        bodies = {b.id: b for b in bodies_around(found.area_id)}
        for body_id, places in sorted(asked.items(), key=lambda a: str(a[0])):
            if body_id not in bodies:
                raise CallUnfit(field="body", fix="")
            _ask(found, body_id, bodies[body_id].area_id, places, by, at)
    return found


def _ask(found: Round, body_id: UUID, area_id: UUID, places: int, by: Actor, at: datetime) -> None:
    """One institution: its call, or more places on the one it has."""
    call_id = call_of(found.id, body_id)
    shift_id = uuid5(call_id, "shift")
    known = Shift.objects.filter(id=shift_id).first()
    if known is None:
        # An institution trains, kits and checks its own staff; who sits at which desk is the round's matter.
        kind = kind_of(found.edition, found.kind)
        tells = may(by, "messages.send", area_id=area_id, incident_id=found.incident_id)
        shift = NewShift(shift_id, max(found.starts_at, at), found.ends_at, places)
        post_call(call_id=call_id, area_id=found.area_id, task=kind["task"], title=kind["words"],
                  shifts=[shift], incident_id=found.incident_id, staffs_id=found.id, asked_area_id=area_id,
                  audience={"bodies": [str(body_id)]}, tells=tells, assembles=False, by=by, at=at)  # fmt: skip
    elif known.places != places:
        add_places(shift_id=shift_id, places=places, by=by, at=at)
