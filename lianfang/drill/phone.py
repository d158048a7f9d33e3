"""A simulated person's phone: what was noted goes through the device door, written and read as on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec

from lianfang.base.actor import Actor
from lianfang.base.envelopes import read_batch
from lianfang.drill.stage import Stage
from lianfang.field.kinds import run_envelopes, runs_of
from lianfang.flows.take_envelopes import take_envelopes


@dataclass(frozen=True)
class Noted:
    """One note as a phone keeps it."""

    id: UUID
    kind: str
    at: datetime
    body: Mapping[str, Any]


def sent_from(stage: Stage, by: Actor, notes: Sequence[Noted], *, at: datetime) -> None:
    """Upload notes of one person's phone. Raises RuntimeError when any is refused: a drill plays what works."""
    if not notes:
        return
    device = uuid5(by.id, "phone")
    first = stage.sequence(device, len(notes))
    raw = msgspec.json.encode(
        {
            "device": device,
            "sent_at": at,
            "envelopes": [
                {"id": n.id, "kind": n.kind, "made_at": n.at, "seq": first + k, "actor": by.id, "body": n.body}
                for k, n in enumerate(notes)
            ],
        }
    )
    answers = take_envelopes(
        reading=read_batch(raw, at=at), handle=_handler(by, at), runs=runs_of, by=by, at=at + timedelta(seconds=1)
    )
    refused = next((a for a in answers if a["code"] not in ("", "repeated")), None)
    if refused:
        raise RuntimeError(f"the platform refused a simulated person: {refused}")


def _handler(by: Actor, at: datetime) -> Callable[..., Any]:
    return lambda kind, sent: run_envelopes(kind, sent, clock_off=timedelta(), by=by, at=at + timedelta(seconds=1))
