"""What stands round every answer and before every request: safe headers, and a bound on what is sent."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from lianfang.base.numerals import whole_in

Answer = Callable[[HttpRequest], HttpResponse]
# `require-trusted-types-for 'script'` is not among them: htmx and our own parts of pages set markup that the server
# made. What markup could bring is stopped by the rest: no inline script, none from elsewhere, no plug-in, no frame.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "img-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "frame-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
OWN = ("camera", "geolocation", "publickey-credentials-create", "publickey-credentials-get")
NOBODYS = ("accelerometer", "autoplay", "bluetooth", "display-capture", "encrypted-media", "gyroscope", "hid",
           "magnetometer", "microphone", "midi", "payment", "serial", "usb", "xr-spatial-tracking")  # fmt: skip
PERMISSIONS = ", ".join((*(f"{n}=(self)" for n in OWN), *(f"{n}=()" for n in NOBODYS)))
# Where a file may be sent; elsewhere a form or a phone's batch is smaller.
FILE_DOORS = ("/register/import", "/sampling/results", "/tracing/import", "/weather/import")


def policy() -> str:
    """The policy, with the origins of configured portals: browsers ask of a form also where its answer leads."""
    origins = sorted({o for p in settings.PORTALS for o in p.form_origins})
    return POLICY.replace("form-action 'self'", " ".join(("form-action 'self'", *origins)))


def bare_headers() -> list[tuple[str, str]]:
    """What an answer bears that no page's middleware ever sees."""
    found = [("Content-Type", "application/json"), ("Content-Security-Policy", policy()), ("Server", "lianfang"),
             ("Cache-Control", "private, no-store"), ("Cross-Origin-Resource-Policy", "same-origin"),
             ("Cross-Origin-Opener-Policy", "same-origin"), ("Permissions-Policy", PERMISSIONS),
             ("Referrer-Policy", "same-origin"), ("X-Content-Type-Options", "nosniff"),
             ("X-Frame-Options", "DENY")]  # fmt: skip
    if settings.SECURE_HSTS_SECONDS:
        found.append(("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"))
    return found


class SafeHeaders:
    """Nothing is loaded from elsewhere, no inline script or style, no framing, no cache of what is personal."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Content-Security-Policy"] = policy()
        response.headers.setdefault("Cache-Control", "private, no-store")  # static files with a fingerprint say theirs
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = PERMISSIONS
        response.headers["Server"] = "lianfang"  # else the serving program would name itself
        return response


class BodyLimit:
    """A request that says it is larger than its door takes is not read at all.

    Django reads no further than the length a request states, and nothing of one that states none: so this is whole.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_file_door = request.path in FILE_DOORS
        most = settings.MOST_BODY_BYTES if is_file_door else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        stated = str(request.META.get("CONTENT_LENGTH") or "0")
        size = whole_in(stated)
        if size is None or size > most:
            if request.path.startswith("/field/"):  # a phone reads codes; it keeps what it could not leave
                return JsonResponse({"code": "field.batch_too_large"}, status=413)
            if request.path.startswith("/api/"):
                return JsonResponse({"code": "api.too_large", "status": 413, "field": "body"}, status=413)
            return HttpResponse(render_to_string("413.html"), status=413)
        return self.get_response(request)
