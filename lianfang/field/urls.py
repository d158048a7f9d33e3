"""Addresses of the offline pages and the device door."""

from __future__ import annotations

from django.urls import URLPattern, path

from lianfang.field import join, quarantine, sampler, views

urlpatterns: list[URLPattern] = [
    path("", views.shell, name="field"),
    path("sw.js", views.worker, name="field-worker"),
    path("bundle.json", views.bundle, name="field-bundle"),
    path("envelopes", views.upload, name="field-envelopes"),
    path("settle.json", views.unsettled, name="field-unsettled"),
    path("sampler/", sampler.shell, name="sampler"),
    path("sampler.json", sampler.bundle, name="sampler-bundle"),
    path("sampler/desk", sampler.take_desk, name="sampler-desk"),
    path("settle/<uuid:envelope_id>", views.settle, name="field-settle"),
    path("join", join.shell, name="join"),
    path("join/ask", join.ask, name="join-ask"),
    path("join/state", join.state, name="join-state"),
    path("challenge", join.challenged, name="field-challenge"),
    path("enter", join.enter, name="field-enter"),
    path("badge", join.badge, name="field-badge"),
    path("badge/take", join.take_over, name="field-badge-take"),
    path("code", join.code, name="field-code"),
    path("quarantine", quarantine.doubtful, name="field-quarantine"),
    path("quarantine/<uuid:envelope_id>", quarantine.settle, name="field-quarantine-settle"),
]
