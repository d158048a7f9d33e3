"""Traces, contacts with their evidence, venues, and what the one-step brief says."""

from lianfang.domains.tracing.queries.contacts import (
    Dependant,
    buildings_of_contacts,
    counts_by_area,
    dependants_of,
    list_minutes,
    venues_of_contacts,
)
from lianfang.domains.tracing.queries.traces import (
    Stop,
    batches_seen,
    contacts_of,
    crowds_of,
    people_meant,
    stops_of,
    trace_seen,
    traces_seen,
    venues_matching,
    venues_named,
)

__all__ = [
    "Dependant",
    "Stop",
    "batches_seen",
    "buildings_of_contacts",
    "contacts_of",
    "counts_by_area",
    "crowds_of",
    "dependants_of",
    "list_minutes",
    "people_meant",
    "stops_of",
    "trace_seen",
    "traces_seen",
    "venues_matching",
    "venues_named",
    "venues_of_contacts",
]
