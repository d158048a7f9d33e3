"""Dial-a-ride with risk classes: `propose_rides` plans, `faults` judges any plan."""

from lianfang.kernels.rides.faults import Fault, faults
from lianfang.kernels.rides.plan import Cleaned, Dropped, Plan, Route, Why
from lianfang.kernels.rides.problem import CLEAN, NEVER, Cleaning, Problem, Requests, Vehicles
from lianfang.kernels.rides.propose import propose_rides

__all__ = [
    "CLEAN",
    "NEVER",
    "Cleaned",
    "Cleaning",
    "Dropped",
    "Fault",
    "Plan",
    "Problem",
    "Requests",
    "Route",
    "Vehicles",
    "Why",
    "faults",
    "propose_rides",
]
