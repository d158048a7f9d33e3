"""Which car fetches whom when: proposed, never sent."""

from lianfang.domains.dispatch.planning.proposing import Left, Proposal, ProposedTrip, propose_trips

__all__ = ["Left", "Proposal", "ProposedTrip", "propose_trips"]
