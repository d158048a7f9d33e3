"""Addresses of pleas (the desk's, one's own), errands, plans, permits, the gate, journeys; hearts and thanks."""

from __future__ import annotations

from django.urls import path

from lianfang.web import ask, hearts, needs, pairing, permits, plans, runs, stranded, thanks, urgent
from lianfang.web.urls_trips import TRIPS

NEEDS = [
    *TRIPS,
    path("thanks", thanks.thanks, name="thanks"),
    path("ask", ask.ask, name="ask"),
    path("ask/<str:link>", ask.asked, name="asked"),
    path("ask/<str:link>/say", ask.say, name="asked-say"),
    path("needs", needs.desk, name="needs"),
    path("needs/urgent", urgent.urgent, name="needs-urgent"),
    path("needs/new", needs.new, name="plea-new"),
    path("needs/<uuid:plea_id>", needs.plea, name="plea"),
    path("needs/<uuid:plea_id>/accept", needs.accept, name="plea-accept"),
    path("needs/<uuid:plea_id>/weigh", needs.weigh, name="plea-weigh"),
    path("needs/<uuid:plea_id>/place", needs.place, name="plea-place"),
    path("needs/<uuid:plea_id>/route", needs.route, name="plea-route"),
    path("needs/<uuid:plea_id>/join", needs.join, name="plea-join"),
    path("needs/<uuid:plea_id>/end", needs.end, name="plea-end"),
    path("needs/<uuid:plea_id>/reopen", needs.reopen, name="plea-reopen"),
    path("stranded", stranded.stranded, name="stranded"),
    path("stranded/<uuid:item_id>/need", stranded.need, name="stranded-need"),
    path("stranded/<uuid:item_id>/enrol", stranded.enrol, name="stranded-enrol"),
    path("stranded/<uuid:item_id>/leave", stranded.leave, name="stranded-leave"),
    path("hearts", hearts.front, name="hearts"),
    path("hearts/line", hearts.line, name="line"),
    path("hearts/disputes", hearts.disputes, name="disputes"),
    path("hearts/disputes/<uuid:item_id>/give", hearts.give, name="dispute-give"),
    path("hearts/worries", hearts.worries, name="worries"),
    path("hearts/worries/<uuid:item_id>/answer", hearts.use_answer, name="worry-answer"),
    path("hearts/answers", hearts.draft, name="answer-draft"),
    path("hearts/pairing", pairing.pairing, name="pairing"),
    path("hearts/pairing/adopt", pairing.adopt, name="pairing-adopt"),
    path("work/runs/new/<slug:kind_name>", runs.new, name="work-run-new"),
    path("work/runs/<uuid:item_id>", runs.run, name="work-run"),
    path("work/runs/<uuid:item_id>/note", runs.note, name="work-run-note"),
    path("work/runs/<uuid:item_id>/back", runs.back, name="work-run-back"),
    path("plans", plans.plans, name="plans"),
    path("plans/new/<slug:kind_name>", plans.new, name="plan-new"),
    path("plans/<uuid:plan_id>", plans.plan, name="plan"),
    path("plans/<uuid:plan_id>/change", plans.change, name="plan-change"),
    path("plans/<uuid:plan_id>/assign", plans.assign, name="plan-assign"),
    path("plans/<uuid:plan_id>/end", plans.end, name="plan-end"),
    path("permits", permits.permits, name="permits"),
    path("permits/new", permits.new, name="permit-new"),
    path("permits/review", permits.review, name="permit-review"),
    path("permits/<uuid:permit_id>", permits.permit, name="permit"),
    path("permits/<uuid:permit_id>/void", permits.call_back, name="permit-void"),
    path("gate", permits.gate, name="gate"),
    path("gate/pass", permits.gate_pass, name="gate-pass"),
]
