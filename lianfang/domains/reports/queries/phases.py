"""What happened in each phase of an incident: figures cut by the dates of its phases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, DateTimeField, F, Func, IntegerField, Sum, Value

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require
from lianfang.domains.incidents.models import Change, Incident, Signal, ZoneVersion
from lianfang.domains.messages.models import Message
from lianfang.domains.work.models import Item


@dataclass(frozen=True)
class Span:
    """One stretch of a phase, [from_at, to_at); a phase that was entered twice has two. to_at None: it runs."""

    phase: str
    from_at: datetime
    to_at: datetime | None


@dataclass(frozen=True)
class Row:
    """A figure with its value in each span: work by kind, signals, zones, messages."""

    name: str
    kind: str
    values: Sequence[float]


class Bucket(Func):
    """The number of the span in which a moment lies, from 1 on; 0 before the first."""

    function = "width_bucket"
    output_field = IntegerField()


def spans_of(incident: Incident, *, at: datetime) -> list[Span]:
    """The stretches of an incident's phases up to a time, in order, from its opening."""
    changes = list(Change.objects.filter(incident=incident, what="phase", at__lte=at).order_by("at"))
    first = changes[0].before if changes else incident.phase
    begins = [(first, incident.opened_at), *((c.after, c.at) for c in changes)]
    ends: list[datetime | None] = [b for _, b in begins[1:]]
    return [Span(p, b, e) for (p, b), e in zip(begins, [*ends, incident.closed_at], strict=True)]


def _in_span(field: str, spans: Sequence[Span]) -> Bucket:
    starts = Value([s.from_at for s in spans], output_field=ArrayField(DateTimeField()))
    return Bucket(F(field), starts)


def by_phase(incident: Incident, *, by: Actor, at: datetime) -> tuple[list[Span], list[Row]]:
    """The spans, and for each figure what began or was done in each of them; the parts sum to the whole up to `at`.

    What happened before the response was opened (a case found earlier) counts to the first span.
    Rights: reports.read on the incident's area.
    """
    require(by, "reports.read", area_id=incident.area_id)
    spans = spans_of(incident, at=at)
    rows: list[Row] = []

    def put(name: str, kind: str, found: Any) -> None:
        values = [0.0] * len(spans)
        for n, value in found:
            values[max(n, 1) - 1] += float(value or 0)
        if any(values):
            rows.append(Row(name, kind, values))

    def put_each(name: str, found: Any) -> None:
        kinds: dict[str, list[tuple[int, Any]]] = {}
        for kind, b, n in found.order_by():
            kinds.setdefault(kind, []).append((b, n))
        for kind, pairs in sorted(kinds.items()):
            put(name, kind, pairs)

    signals = Signal.objects.filter(incident=incident, found_at__lte=at).annotate(b=_in_span("found_at", spans))
    put_each("signals", signals.values_list("kind", "b").annotate(n=Sum("count")))
    zones = ZoneVersion.objects.filter(zone__incident=incident)
    put("zones.began", "", _counted(zones.filter(from_at__lte=at), "from_at", spans))
    put("zones.ended", "", _counted(zones.filter(ended_at__lte=at), "ended_at", spans))
    items = Item.objects.filter(incident_id=incident.id)
    opened = items.filter(opened_at__lte=at).annotate(b=_in_span("opened_at", spans))
    done = items.filter(closed_at__lte=at, counted__isnull=False).annotate(b=_in_span("closed_at", spans))
    put_each("work.received", opened.values_list("kind", "b").annotate(n=Count("id")))
    put_each("work.done", done.values_list("kind", "b").annotate(n=Sum("counted")))
    put(
        "messages.made",
        "",
        _counted(Message.objects.filter(incident_id=incident.id, made_at__lte=at), "made_at", spans),
    )
    return spans, rows


def _counted(rows: Any, field: str, spans: Sequence[Span]) -> Any:
    return rows.annotate(b=_in_span(field, spans)).order_by().values_list("b").annotate(n=Count("id"))
