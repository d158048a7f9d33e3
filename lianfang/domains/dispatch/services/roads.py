"""The roads of a county, loaded as lines, kept as a graph."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import numpy as np

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.dispatch.errors import RoadsUnfit
from lianfang.domains.dispatch.models import RoadNet
from lianfang.domains.dispatch.queries.kinds import road_kinds
from lianfang.kernels.roads import Line, roads_of

PLAN = "dispatch.plan"


@service("dispatch.load_roads")
def load_roads(*, net_id: UUID, area_id: UUID, lines: Sequence[Line], source: str, by: Actor, at: datetime) -> RoadNet:
    """Roads of an area and below; those loaded before stay, and hold no more. Line.kind counts the edition's kinds.

    Repeat: the same roads are there already, or same id. Rights: dispatch.plan on the area. Raises: RoadsUnfit.
    """
    require(by, PLAN, area_id=area_id)
    kinds = list(road_kinds())
    if not source.strip():
        raise RoadsUnfit(field="source", fix="text")
    if any(not 0 <= x.kind < len(kinds) for x in lines):
        raise RoadsUnfit(field="kind", fix=" ".join(kinds))
    try:
        roads = roads_of(lines)
    except ValueError as error:
        raise RoadsUnfit(field="lines", fix=str(error)) from error
    out = io.BytesIO()
    np.savez_compressed(out, spots=roads.spots, begin=roads.begin, end=roads.end, metres=roads.metres,
                        kind=roads.kind, both=roads.both)  # fmt: skip
    parts = (roads.spots, roads.begin, roads.end, roads.metres, roads.kind, roads.both)
    digest = hashlib.sha256(b"".join(p.tobytes() for p in parts)).hexdigest()
    newest = RoadNet.objects.filter(area_id=area_id).order_by("-at").first()
    if newest is not None and (newest.digest == digest or newest.id == net_id):
        raise Repeated(newest)
    return RoadNet.objects.create(
        id=net_id, area_id=area_id, source=source.strip()[:200], digest=digest, arrays=out.getvalue(), kinds=kinds,
        n_arcs=int(roads.begin.size), km=float(roads.metres.sum() / 1000), at=at, by=by.id,
    )  # fmt: skip
