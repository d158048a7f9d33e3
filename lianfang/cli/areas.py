"""What changes about areas between two tables of divisions: names people use, codes, and what they lie in."""

from __future__ import annotations

import argparse
from datetime import date

from django.db import transaction
from django.utils.timezone import localdate

from lianfang.base import clock
from lianfang.cli.up import system_actor
from lianfang.domains.areas.models import DIVISION, AreaCode
from lianfang.domains.areas.queries import area_of_code
from lianfang.domains.areas.services import add_aliases, change_code, move_area


def change(chosen: argparse.Namespace) -> int:
    """Add an alias, give a new code, or move an area below another, from a day on; earlier days find it as it was.

    Raises: AreaMissing, AreaRing; ValueError for a day that cannot be read, or a code that another area carries.
    """
    by, at = system_actor(), clock.now()
    on = date.fromisoformat(chosen.on) if chosen.on else localdate(at)
    with transaction.atomic():
        found = area_of_code(chosen.area)
        if chosen.what == "alias":
            add_aliases(aliases=[(found.id, chosen.value)], by=by, at=at)
            print(f"{found.name} is also found as {chosen.value}")
        elif chosen.what == "code":
            _refuse_taken(chosen.value, found.id)
            change_code(area_id=found.id, new_code=chosen.value, on=on, by=by, at=at)
            print(f"{found.name}: {chosen.area} is {chosen.value} from {on}")
        else:
            above = area_of_code(chosen.value)
            move_area(area_id=found.id, parent_id=above.id, hierarchy=DIVISION, on=on, by=by, at=at)
            print(f"{found.name} lies in {above.name} from {on}")
    return 0


def _refuse_taken(code: str, area_id: object) -> None:
    if AreaCode.objects.filter(scheme="division", code=code, valid_to=None).exclude(area_id=area_id).exists():
        raise ValueError(f"{code}: another area carries this code")
