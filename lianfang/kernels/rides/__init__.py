"""Dial-a-ride with risk classes: `propose_rides` plans, `replan` changes a plan under way, `faults` judges any."""

from lianfang.kernels.rides.faults import Fault, faults
from lianfang.kernels.rides.plan import Cleaned, Dropped, Plan, Route, Why
from lianfang.kernels.rides.problem import CLEAN, NEVER, Cleaning, Problem, Requests, Vehicles
from lianfang.kernels.rides.propose import propose_rides
from lianfang.kernels.rides.replan import Broken, Moved, Replanned, replan
from lianfang.kernels.rides.under_way import Change

__all__ = [
    "CLEAN",
    "NEVER",
    "Broken",
    "Change",
    "Cleaned",
    "Cleaning",
    "Dropped",
    "Fault",
    "Moved",
    "Plan",
    "Problem",
    "Replanned",
    "Requests",
    "Route",
    "Vehicles",
    "Why",
    "faults",
    "propose_rides",
    "replan",
]
