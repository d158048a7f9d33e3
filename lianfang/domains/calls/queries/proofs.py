"""What proof of being there is asked of whom now; how far off somebody is; the photo that a lead may look at."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.db.models import F

from lianfang.base.actor import Actor
from lianfang.domains.areas.models import DIVISION, Area, AreaClosure
from lianfang.domains.calls.errors import ProofMissing
from lianfang.domains.calls.models import Call, Claim, DutyNote
from lianfang.domains.calls.queries.joint import of_calls
from lianfang.domains.calls.rules.proofs import PHOTO, PLACE, metres_between
from lianfang.domains.editions.queries import common_edition, values_by_area
from lianfang.domains.incidents.models import Incident
from lianfang.domains.places.models import Place
from lianfang.domains.privacy.queries import opened
from lianfang.kernels.shapes import inside, ring_of

VALUES = {PLACE: "place_proof_at_post", PHOTO: "photo_proof_at_post"}


class Asked(NamedTuple):
    """Which proofs are asked of somebody on duty, and of which emergency they are: it holds the key of a photo."""

    kinds: frozenset[str] = frozenset()
    incident_id: UUID | None = None


def proofs_asked(claims: Collection[Claim], *, at: datetime) -> dict[UUID, Asked]:
    """By claim which proofs are asked: nothing outside an emergency of its area, nor where nobody decided so."""
    out = {c.id: Asked() for c in claims}
    now = [c for c in claims if c.state == "checked_in"]
    areas = {c.shift.call.area_id for c in now}
    acute = emergencies_of(areas) if areas else {}
    asked = values_by_area(common_edition(), list(VALUES.values()), acute, at=at) if acute else {}
    for c in now:
        area_id = c.shift.call.area_id
        if area_id in acute:
            kinds = frozenset(k for k, name in VALUES.items() if asked[area_id][name])
            out[c.id] = Asked(kinds, acute[area_id]) if kinds else Asked()
    return out


def emergencies_of(area_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """By area an open incident in emergency mode that lies in it or above it; areas without one are not named."""
    acute = dict(Incident.objects.filter(mode="emergency", closed_at=None).values_list("area_id", "id"))
    links = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id__in=area_ids, ancestor_id__in=acute)
    return {below: acute[above] for below, above in links.values_list("descendant_id", "ancestor_id")}


def metres_off(call: Call, point: tuple[float, float]) -> float | None:
    """How far a point is from a post: from its place, else 0 inside its area; None where neither says where it is.

    Outside the area it is the distance to the nearest corner of its outline, which is never less than to its edge.
    """
    place = Place.objects.filter(id=call.place_id).exclude(lon=None).first() if call.place_id else None
    if place is not None and place.lon is not None and place.lat is not None:
        return metres_between(*point, place.lon, place.lat)
    area = Area.objects.filter(id=call.area_id, is_outline_invented=False).exclude(outline=None).first()
    if area is None or area.outline is None:
        return None
    shapes = area.outline["coordinates"]
    rings = [ring_of(p[0]) for p in (shapes if area.outline["type"] == "MultiPolygon" else [shapes])]
    if any(inside(np.array([point]), r).any() for r in rings):
        return 0.0
    return min(metres_between(*point, float(x), float(y)) for r in rings for x, y in r)


def photo_of(claim_id: UUID, *, by: Actor) -> bytes:
    """The newest photo of somebody on duty, for who leads the post. Raises ProofMissing."""
    lead = of_calls(by, "calls.lead", path="claim__shift__call__")
    notes = DutyNote.objects.filter(lead, claim_id=claim_id, kind="proof", values__has_key=PHOTO)
    note = notes.annotate(account_id=F("claim__account_id")).order_by("-at", "-id").first()
    if note is None:
        raise ProofMissing()
    told = opened([note], by=by, fields=("photo",), whole=True, subject="account_id")[note.id]["photo"]
    if not told:
        raise ProofMissing()  # its key is destroyed: its day is over
    return b64decode(told)
