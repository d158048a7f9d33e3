"""Routes of vehicles."""
from lianfang.kernels.routing.problem import Jobs, Problem, Shipments, Travel, Vehicle, Visits, jobs, problem, shipments, visits, whole
