"""Which car fetches whom when, which carrier brings what to which doors: proposed, never sent."""

from lianfang.domains.dispatch.planning.proposing import Left, Proposal, ProposedTrip, cars_here, propose_trips
from lianfang.domains.dispatch.planning.replanning import MovedRide, Replan, replan_trips
from lianfang.domains.dispatch.planning.tours import Tour, Tours, propose_tours

__all__ = [
    "Left",
    "MovedRide",
    "Proposal",
    "ProposedTrip",
    "Replan",
    "Tour",
    "Tours",
    "cars_here",
    "propose_tours",
    "propose_trips",
    "replan_trips",
]
