"""Over what ways are reckoned: the roads that hold for an area, less what is closed; or straight lines."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import numpy as np

from lianfang.base.once import once
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.dispatch.models import RoadNet
from lianfang.domains.gates.models import Closure
from lianfang.domains.gates.queries.closures import barriers_around
from lianfang.kernels.roads import Roads

NETS_KEPT = 4  # read from their arrays once a process


@dataclass(frozen=True)
class Ground:
    """net: the roads that hold for an area, none where nobody loaded any. closures: what stands in its county."""

    net: RoadNet | None
    closures: tuple[Closure, ...]

    @property
    def n_placed(self) -> int:
        """Closed roads whose spot is known: ways lead around those alone."""
        return sum(1 for c in self.closures if c.lon is not None)


def ground_of(area_id: UUID, *, at: datetime) -> Ground:
    """The newest roads of the nearest area above, or of the area itself, and what is closed around it."""
    return once(("ground", area_id, at), lambda: _ground(area_id, at))


def _ground(area_id: UUID, at: datetime) -> Ground:
    above = list(ids_above(area_id))
    rows = RoadNet.objects.filter(area_id__in={area_id, *above}).defer("arrays").order_by("-at", "id")
    found = list(rows)
    near = {a: n for n, a in enumerate(reversed([*above, area_id]))}
    found.sort(key=lambda r: near[r.area_id])
    return Ground(found[0] if found else None, tuple(barriers_around(area_id, at=at)))


@lru_cache(maxsize=NETS_KEPT)
def roads_in(net_id: UUID) -> Roads:
    """A net's graph. It never changes: what is loaded later is another."""
    arrays = np.load(io.BytesIO(bytes(RoadNet.objects.values_list("arrays", flat=True).get(id=net_id))))
    return Roads(*(arrays[n] for n in ("spots", "begin", "end", "metres", "kind", "both")))
