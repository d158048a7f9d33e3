"""Which car fetches whom when: proposed, never sent."""

from lianfang.domains.dispatch.planning.proposing import Left, Proposal, ProposedTrip, propose_trips
from lianfang.domains.dispatch.planning.replanning import MovedRide, Replan, replan_trips

__all__ = ["Left", "MovedRide", "Proposal", "ProposedTrip", "Replan", "propose_trips", "replan_trips"]
