"""Duty rosters: `propose` finds one with a bound and its reasons, `faults` judges any, found or edited by hand."""

from lianfang.kernels.rostering.problem import (
    OFF,
    Fault,
    Gap,
    Kept,
    Limit,
    Need,
    Person,
    Problem,
    Proposal,
    Request,
    Shift,
)
from lianfang.kernels.rostering.propose import propose
from lianfang.kernels.rostering.rules import cost_of, faults, gaps, unmet

__all__ = [
    "OFF",
    "Fault",
    "Gap",
    "Kept",
    "Limit",
    "Need",
    "Person",
    "Problem",
    "Proposal",
    "Request",
    "Shift",
    "cost_of",
    "faults",
    "gaps",
    "propose",
    "unmet",
]
