"""Addresses of the interface, and the document that describes them."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, re_path

from lianfang.api import areas, incidents, laboratory, people, places, pleas, rounds, sheets, work
from lianfang.api.door import PREFIX, api, problem
from lianfang.api.errors import AddressUnknown

AREAS = (areas, incidents, laboratory, people, places, pleas, rounds, sheets, work)  # each has added its addresses


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The interface as OpenAPI 3.1 has it, in plain JSON."""
    found: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix=PREFIX)))
    return found


def openapi(request: HttpRequest) -> JsonResponse:
    """The document, for everybody: it says how one asks, and holds nothing that could be asked."""
    return JsonResponse(document())


def unknown(request: HttpRequest) -> HttpResponse:
    """Whatever else is asked for."""
    return problem(AddressUnknown())


urlpatterns: list[URLPattern] = [
    path("openapi.json", openapi, name="api-document"),
    *(p for p in api.urls[0] if isinstance(p, URLPattern) and p.name != "api-root"),
    re_path("^", unknown, name="api-unknown"),
]
