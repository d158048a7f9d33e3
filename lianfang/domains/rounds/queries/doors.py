"""One door in every round that runs over it: who of it is still to be met, and what was noted there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, post_of
from lianfang.domains.grid.models import Household
from lianfang.domains.rounds.models import Round, Unit
from lianfang.domains.rounds.rules import TAKES_NOTES


def units_at(door: Household, *, by: Actor, since: datetime) -> list[Unit]:
    """People of a door without a named state in a round that is open, and those noted since a time (`who` noted it).

    Rights: rounds.read at the door. Found by building, as a round's units are: a district's million is not read.
    """
    rounds = Round.objects.filter(Q(state__in=TAKES_NOTES) | Q(steps__at__gte=since)).values("id")
    rows = Unit.objects.filter(held(by, "rounds.read", incident="round__incident_id"), round_id__in=rounds)
    rows = rows.filter(building_id=door.building_id, household_id=door.id)
    rows = rows.filter(Q(ending="", round__state__in=TAKES_NOTES) | Q(ended_at__gte=since) | Q(tried_at__gte=since))
    return list(rows.select_related("round").defer("round__plan").annotate(who=post_of("ended_by")).order_by("id"))


def doors_of_units(found: Round, unit_ids: Sequence[UUID]) -> dict[UUID, Household]:
    """The doors at which some people of a round are met, with their buildings; who is met there is told elsewhere."""
    rows = Unit.objects.filter(round=found, unit_id__in=unit_ids).values("household_id")
    return {h.id: h for h in Household.objects.filter(id__in=rows).select_related("building")}
