"""Proposals from rows: who could fill what, who serves when. Nothing is written; a person adopts."""

from lianfang.domains.calls.planning.matching import (
    Match,
    MatchProposal,
    Unmet,
    propose_matches,
    propose_replacements,
)
from lianfang.domains.calls.planning.roster_rows import Wanted
from lianfang.domains.calls.planning.rosters import Gap, Line, RosterProposal, propose_roster

__all__ = [
    "Gap",
    "Line",
    "Match",
    "MatchProposal",
    "RosterProposal",
    "Unmet",
    "Wanted",
    "propose_matches",
    "propose_replacements",
    "propose_roster",
]
