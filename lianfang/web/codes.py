"""Test codes: a resident's own, and those of a door for who may address its people; drawn here, read at a desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from lianfang.base import clock
from lianfang.domains.accounts.queries import require
from lianfang.domains.grid.queries import contact_of, household_seen, members_of
from lianfang.domains.sampling.queries import code_of, code_until
from lianfang.domains.work.queries import door_label
from lianfang.web.door import actor_of, home_id, page, signed_in
from lianfang.web.words import sex_words

QUIET = 4  # modules of white round the drawing: without them a worn camera does not find it


def drawn(person_id: UUID, until: datetime) -> dict[str, str]:
    """A person's code as text, in groups to be read out and typed, and as a drawing."""
    text = code_of(person_id, until=until)
    groups = " ".join(text[n : n + 4] for n in range(0, len(text), 4))
    return {"text": groups, "image": segno.make_qr(text, error="m").svg_data_uri(scale=8, border=QUIET)}


@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """A resident's own code: the drawing, the text below, whose it is and until when."""
    by, at = actor_of(request), clock.now()
    own: UUID | None = getattr(request.user, "person_id", None)
    if own is None:
        return redirect("day")
    known = contact_of(own, by=by, at=at)
    stay = known["stay"]
    until = code_until(stay.area_id if stay else home_id(by), at=at)
    return page(request, "rounds/code.html", {"name": known["name"], "until": until, "code": drawn(own, until)})


@signed_in
def family(request: HttpRequest, household_id: UUID) -> HttpResponse:
    """Codes of all behind a door, for paper: who has no phone shows the sheet."""
    by, at = actor_of(request), clock.now()
    door = household_seen(household_id, by=by, at=at)
    require(by, "grid.read_full", area_id=door.area_id)
    until = code_until(door.area_id, at=at)
    rows: list[dict[str, Any]] = [
        m | {"sex_words": sex_words(m["sex"]), "code": drawn(m["id"], until)} for m in members_of(door, by=by, at=at)
    ]
    return page(request, "rounds/codes.html", {"label": door_label(door), "rows": rows, "until": until, "door": door})
