"""What a gate's page brings along onto the phone, so that it says the same of a square when there is no signal."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from lianfang.base.actor import Actor
from lianfang.domains.devices.queries import token_keys
from lianfang.domains.gates import queries
from lianfang.domains.gates.rules import EARLY
from lianfang.web.words import said

MODE_WORDS = {"walk": gettext_noop("on foot"), "bicycle": gettext_noop("by bicycle"), "car": gettext_noop("by car"),
              "ambulance": gettext_noop("by ambulance")}  # fmt: skip
WHY_NOT = {
    "not_issued": gettext_noop("It is not granted yet."), "refused": gettext_noop("It was not granted."),
    "void": gettext_noop("It holds no more."), "is_out": gettext_noop("It has been used to go out already."),
    "is_back": gettext_noop("It was used, and its carrier is back."), "early": gettext_noop("Its time has not come."),
    "is_gone": gettext_noop("Its carrier has gone for good with it."),
    "over": gettext_noop("Its time is over."), "not_out": gettext_noop("Nobody is out with it."),
    "turned": gettext_noop("The gate turned it back."),
}  # fmt: skip
UNTRUSTED = {
    "malformed": gettext_noop("This square is damaged, or none of ours."),
    "algorithm": gettext_noop("This square is none of ours."),
    "key": gettext_noop("Its signature is by a key that holds no more, or that this phone does not know."),
    "forged": gettext_noop("Its signature is wrong: it is forged or damaged."),
    "audience": gettext_noop("It is a square of ours, but no permit."),
    "clock": gettext_noop("It was made later than this phone's clock says: set the clock."),
}


def gate_told(by: Actor, at: datetime) -> dict[str, Any]:
    """Keys that hold, permits called back or used, the words of kinds, modes and reasons; nothing about anybody."""
    return {
        "made": int(at.timestamp() * 1000), "audience": queries.PASS, "early_ms": int(EARLY.total_seconds() * 1000),
        "keys": {kid.hex(): public.hex() for kid, public in token_keys().items()},
        "spent": queries.spent_permits(by=by, at=at), "short": queries.SHORT,
        "kinds": {n: {"words": said(k["words"]), "one_way": k["one_way"]} for n, k in queries.permit_kinds().items()},
        "modes": {m: gettext(w) for m, w in MODE_WORDS.items()},
        "why": {c: gettext(w) for c, w in (WHY_NOT | UNTRUSTED).items()},
    }  # fmt: skip


def said_at_gate(said: str, why: str) -> HttpResponse:
    """Back to the gate's page, with what was noted and, where it was not let pass, the reason's code."""
    return redirect(reverse("gate") + "?" + urlencode({**({"why": why} if why else {}), "said": said}))
