"""Addresses of all pages; their names are what templates and redirects use."""

from __future__ import annotations

from django.urls import URLPattern, path
from django.views.i18n import set_language

from lianfang.web import (
    day,
    decisions,
    doors,
    editions,
    exports,
    incidents,
    map,
    register,
    register_files,
    sheet,
    signin,
    wall,
    why,
    work,
    zones,
)

# Names allauth looks up; the pages behind them are not offered here.
ALLAUTH = (
    "signup email inactive logout reauthenticate reset_password change_password set_password email_verification_sent"
)

urlpatterns: list[URLPattern] = [
    path("", day.day, name="day"),
    path("messages/<uuid:message_id>/answer", day.answer, name="message-answer"),
    path("sign-in", signin.sign_in, name="sign-in"),
    path("sign-in/", signin.sign_in, name="account_login"),
    path("sign-out", signin.sign_out, name="sign-out"),
    path("language", set_language, name="language"),
    path("work", work.board, name="work"),
    path("work/kinds", work.kinds, name="work-kinds"),
    path("work/spots", work.spots, name="work-spots"),
    path("work/new/<slug:kind_name>", work.new, name="work-new"),
    path("work/print/<slug:kind_name>", work.paper, name="work-print"),
    path("work/export/<slug:kind_name>", exports.export, name="work-export"),
    path("work/<uuid:item_id>", work.item, name="work-item"),
    path("work/<uuid:item_id>/move", work.move, name="work-move"),
    path("work/<uuid:item_id>/take", work.take, name="work-take"),
    path("work/<uuid:item_id>/spot", work.settle_spot, name="work-spot"),
    path("register", register.area_page, name="register"),
    path("register/building/<uuid:building_id>", doors.building, name="building"),
    path("register/door/<uuid:household_id>", doors.household, name="household"),
    path("register/door/<uuid:household_id>/person", doors.enter, name="door-person"),
    path("register/door/<uuid:household_id>/flag", doors.flag, name="door-flag"),
    path("register/import", register_files.choose, name="register-import"),
    path("register/import/<uuid:file_id>", register_files.preview, name="register-file"),
    path("register/import/<uuid:file_id>/settle", register_files.settle, name="register-settle"),
    path("register/import/<uuid:file_id>/rows", register_files.settle_rows, name="register-rows"),
    path("register/import/<uuid:file_id>/name", register_files.name, name="register-name"),
    path("editions", editions.editions, name="editions"),
    path("editions/<slug:code>", editions.edition, name="edition"),
    path("editions/<slug:code>/override", editions.override, name="edition-override"),
    path("why", why.mine, name="why"),
    path("why/<uuid:person_id>", why.person, name="why-person"),
    path("sheet", sheet.sheet, name="sheet"),
    path("sheet/send", sheet.send, name="sheet-send"),
    path("sheet/<uuid:sheet_id>/judge", sheet.judge, name="sheet-judge"),
    path("incidents", incidents.incidents, name="incidents"),
    path("signals/new", incidents.signal_new, name="signal-new"),
    path("signals/<uuid:signal_id>/acknowledge", incidents.acknowledge, name="signal-acknowledge"),
    path("signals/<uuid:signal_id>/open", incidents.open_one, name="signal-open"),
    path("incidents/<uuid:incident_id>", incidents.incident, name="incident"),
    path("incidents/<uuid:incident_id>/phase", incidents.phase, name="incident-phase"),
    path("incidents/<uuid:incident_id>/mode", incidents.mode, name="incident-mode"),
    path("incidents/<uuid:incident_id>/zones/new", zones.zone_new, name="zone-new"),
    path("incidents/<uuid:incident_id>/zones/what-if", zones.what_if, name="zone-what-if"),
    path("incidents/<uuid:incident_id>/zones/draft", zones.draft, name="zone-draft"),
    path("zones/<uuid:version_id>", zones.zone, name="zone"),
    path("zones/<uuid:version_id>/ask", zones.ask, name="zone-ask"),
    path("zones/<uuid:version_id>/lift", zones.lift, name="zone-lift"),
    path("decisions", decisions.decisions, name="decisions"),
    path("decisions/<uuid:decision_id>/say", decisions.say, name="decision-say"),
    path("map", map.command_map, name="map"),
    path("map/sheet", map.sheet, name="map-sheet"),
    path("map/areas.json", map.areas_json, name="map-areas"),
    path("map/zones.json", map.zones_json, name="map-zones"),
    path("map/buildings.json", map.buildings_json, name="map-buildings"),
    path("wall", wall.wall, name="wall"),
    *(path(f"account/{n.replace('_', '-')}", signin.closed, name=f"account_{n}") for n in ALLAUTH.split()),
]
