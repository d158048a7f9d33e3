"""Writing traces, visits, proposals and what people decide about them."""

from lianfang.domains.tracing.services.contacts import (
    Decision,
    Step,
    advance_contacts,
    decide_contacts,
    release_contacts,
)
from lianfang.domains.tracing.services.traces import Crowd, Proposal, close_trace, open_trace, record_proposal
from lianfang.domains.tracing.services.visits import NewVenue, NewVisit, import_visits, register_venues

__all__ = [
    "Crowd",
    "Decision",
    "NewVenue",
    "NewVisit",
    "Proposal",
    "Step",
    "advance_contacts",
    "close_trace",
    "decide_contacts",
    "import_visits",
    "open_trace",
    "record_proposal",
    "register_venues",
    "release_contacts",
]
