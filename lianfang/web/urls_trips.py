"""Addresses of journeys: the dispatcher's board, rides, vehicles, and a driver's phone."""

from __future__ import annotations

from django.urls import path

from lianfang.web import drive, fleet, replans, rides, tours, trips

TRIPS = [
    path("trips", trips.board, name="trips"),
    path("trips/propose", trips.propose, name="trips-propose"),
    path("trips/adopt", trips.adopt, name="trip-adopt"),
    path("trips/replan", replans.replan, name="trips-replan"),
    path("trips/replan/adopt", replans.adopt, name="trips-replan-adopt"),
    path("trips/<uuid:trip_id>", trips.trip, name="trip"),
    path("trips/<uuid:trip_id>/cancel", trips.cancel, name="trip-cancel"),
    path("tours", tours.tours, name="tours"),
    path("tours/propose", tours.propose, name="tours-propose"),
    path("tours/end", tours.end, name="tour-end"),
    path("tours/adopt", tours.adopt, name="tour-adopt"),
    path("rides/new", rides.new, name="ride-new"),
    path("rides/<uuid:ride_id>", rides.ride, name="ride"),
    path("rides/<uuid:ride_id>/goal", rides.goal, name="ride-goal"),
    path("rides/<uuid:ride_id>/cancel", rides.cancel, name="ride-cancel"),
    path("rides/<uuid:ride_id>/confirm", rides.confirm, name="ride-confirm"),
    path("fleet", fleet.fleet, name="fleet"),
    path("fleet/add", fleet.add, name="fleet-add"),
    path("fleet/<uuid:vehicle_id>/crew", fleet.crew, name="fleet-crew"),
    path("fleet/<uuid:vehicle_id>/withdraw", fleet.withdraw, name="fleet-withdraw"),
    path("fleet/<uuid:vehicle_id>/clean", trips.clean, name="fleet-clean"),
    path("calls/car", fleet.own_car, name="own-car"),
    path("calls/drive", drive.mine, name="drive"),
    path("calls/drive/rides/<uuid:ride_id>", drive.step, name="drive-step"),
    path("calls/drive/<uuid:trip_id>", drive.start, name="drive-start"),
    path("calls/drive/<uuid:trip_id>/log", drive.log, name="drive-log"),
]
