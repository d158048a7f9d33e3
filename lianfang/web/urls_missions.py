"""Addresses of help between areas: missions, offers, who lives and works inside a zone."""

from __future__ import annotations

from django.urls import path

from lianfang.web import closed, missions

MISSIONS = [
    path("missions", missions.missions, name="missions"),
    path("missions/ask", missions.ask, name="mission-ask"),
    path("missions/closed", missions.closed, name="closed-step"),
    path("missions/inside", closed.inside, name="closed-loop"),
    path("missions/<uuid:mission_id>", missions.mission, name="mission"),
    path("missions/<uuid:mission_id>/quotas", missions.quotas, name="mission-quotas"),
    path("missions/<uuid:mission_id>/step", missions.step, name="mission-step"),
    path("missions/<uuid:mission_id>/word", missions.word, name="mission-word"),
    path("missions/<uuid:mission_id>/call", missions.call_up, name="mission-call"),
    path("offers/new", missions.offer, name="offer-new"),
    path("offers/<uuid:offer_id>/answer", missions.answer, name="offer-answer"),
]
