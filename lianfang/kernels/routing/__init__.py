"""Routes of vehicles: `propose_routes` finds a plan with its reasons, `plan_of` judges any, found or made by hand."""

from lianfang.kernels.routing.plan import Plan, Route, Unserved, Why, better_of, plan_of, route_of
from lianfang.kernels.routing.problem import (
    ALWAYS,
    RELOAD,
    REQUIRED,
    Jobs,
    Problem,
    Shipments,
    Travel,
    Vehicle,
    Visits,
    jobs,
    problem,
    shipments,
    visits,
    whole,
)
from lianfang.kernels.routing.propose import propose_routes

__all__ = [
    "ALWAYS",
    "RELOAD",
    "REQUIRED",
    "Jobs",
    "Plan",
    "Problem",
    "Route",
    "Shipments",
    "Travel",
    "Unserved",
    "Vehicle",
    "Visits",
    "Why",
    "better_of",
    "jobs",
    "plan_of",
    "problem",
    "propose_routes",
    "route_of",
    "shipments",
    "visits",
    "whole",
]
