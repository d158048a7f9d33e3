"""Signing in through a portal that the place has: by allauth's OpenID Connect, with the ID token judged by ourselves.

allauth makes the state, the PKCE pair and the exchange of the code; it does not check the token's signature where it
fetched the token itself, and knows no nonce: both are done here. Nobody signs up, and no address of mail links.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from lianfang.base import clock
from lianfang.base.errors import Refused
from lianfang.base.id_tokens import TokenUnfit, claims_of
from lianfang.base.portals import Portal
from lianfang.base.throttle import address_of, take_try
from lianfang.domains.accounts.errors import PortalOver, PortalRefused, PortalSilent, PortalUnknown, PortalUnproved
from lianfang.domains.accounts.queries import account_bound
from lianfang.domains.privacy.queries import site_key
from lianfang.flows.failed_sign_ins import note_failed
from lianfang.web.door import page, refusal_page
from lianfang.web.signin import SIGN_INS

RETRY_S = 60
SILENT = (RequestException, OAuth2Error, ValueError, KeyError, TypeError, AttributeError)


class _Adapter(OpenIDConnectOAuth2Adapter):
    """allauth's exchange with one portal of ours."""

    def __init__(self, request: HttpRequest, portal: Portal) -> None:
        super().__init__(request, portal.name)
        self.portal = portal

    def get_provider(self) -> _Provider:
        return _Provider(self.request, self.portal)

    @property
    def openid_config(self) -> Mapping[str, Any]:
        """What the issuer says of itself. Raises ValueError where it says to be another: then nothing is sent there."""
        config = super().openid_config
        if str(config["issuer"]).rstrip("/") != self.portal.issuer:
            raise ValueError("issuer")
        return config  # type: ignore[no-any-return]  # allauth's

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return request.build_absolute_uri(reverse("portal-back", args=[self.portal.name]))

    def keys(self) -> list[Any]:
        """The issuer's keys as it publishes them now."""
        with get_adapter().get_requests_session() as asked:
            answer = asked.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            return list(answer.json()["keys"])


class _Provider(OpenIDConnectProvider):
    """allauth's provider for one portal of ours, named by the settings and never by a row."""

    def __init__(self, request: HttpRequest, portal: Portal) -> None:
        app = SocialApp(provider="openid_connect", provider_id=portal.name, name=portal.name, secret=portal.secret,
                        client_id=portal.client_id, settings={"server_url": portal.issuer, "scope": portal.scope,
                        "oauth_pkce_enabled": True})  # fmt: skip
        super().__init__(request, app=app)
        self.portal = portal

    def get_oauth2_adapter(self, request: HttpRequest) -> _Adapter:
        return _Adapter(request, self.portal)


def portal_named(name: str) -> Portal:
    """A portal of the settings. Raises PortalUnknown."""
    for portal in settings.PORTALS:
        if portal.name == name:
            return portal  # type: ignore[no-any-return]  # Django's settings are untyped
    raise PortalUnknown(portal=name)


def subject_keyed(portal: Portal, subject: str) -> str:
    """What lies in the row for a portal's word for somebody: the same for the same issuer, readable for nobody."""
    return hmac.digest(site_key(), f"portal {portal.issuer} {subject}".encode(), "sha256").hex()


def _where_to(request: HttpRequest) -> str:
    asked = request.POST.get("next", "")
    return asked if url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure()) else "/"


@require_POST
def go(request: HttpRequest, portal: str) -> HttpResponse:
    """To the portal, with a state, a nonce and a PKCE challenge that serve this one sign-in."""
    found, nonce = portal_named(portal), secrets.token_urlsafe(24)
    if not take_try(SIGN_INS, address_of(request), at=clock.now()):
        return page(request, "429.html", {}, status=429)
    try:
        answer: HttpResponse = _Provider(request, found).redirect(
            request, AuthProcess.LOGIN, next_url=_where_to(request), data={"nonce": nonce}, auth_params={"nonce": nonce}
        )
    except SILENT:
        raise PortalSilent(retry_seconds=RETRY_S) from None
    return answer


@require_GET
def back(request: HttpRequest, portal: str) -> HttpResponse:
    """Back from the portal: whom it proved, if somebody was bound to that, is signed in as strongly as it says."""
    found = portal_named(portal)
    try:
        state = _state_of(request, found)
        claims = _proved(request, found, state)
        return _enter(request, found, claims, state.get("next") or "/")
    except Refused as refused:
        note_failed(way="portal", name=f"portal {found.name}", address=address_of(request), at=clock.now())
        answer = refusal_page(request, refused, way=(reverse("sign-in"), gettext("Sign in")))
        answer.is_refusal = False  # type: ignore[attr-defined]  # kept: the state served, and the failure is counted
        return answer


def _state_of(request: HttpRequest, portal: Portal) -> Mapping[str, Any]:
    """What was begun in this browser, taken out so that it serves once. Raises PortalOver."""
    state = statekit.unstash_state(request, provider_id=portal.name, state_id=request.GET.get("state", ""))
    if state is None or not state.get("pkce_code_verifier"):
        raise PortalOver()
    return state


def _proved(request: HttpRequest, portal: Portal, state: Mapping[str, Any]) -> Mapping[str, Any]:
    """The claims of the token that the code was exchanged for. Raises PortalUnproved, PortalSilent."""
    if "error" in request.GET or "code" not in request.GET:
        raise PortalUnproved()
    adapter, provider = _Adapter(request, portal), _Provider(request, portal)
    try:
        client = adapter.get_client(request, provider.app)
        got = adapter.get_access_token_data(request, provider.app, client, state["pkce_code_verifier"])
        token, keys = str(got["id_token"]), adapter.keys()
    except OAuth2Error:
        raise PortalUnproved() from None  # the portal knows the code not, or not any more
    except SILENT:
        raise PortalSilent(retry_seconds=RETRY_S) from None
    try:
        return claims_of(token, keys=keys, issuer=adapter.openid_config["issuer"], client_id=portal.client_id,
                         nonce=state["data"]["nonce"], at=clock.now())  # fmt: skip
    except TokenUnfit:
        raise PortalUnproved() from None


def _enter(request: HttpRequest, portal: Portal, claims: Mapping[str, Any], way: str) -> HttpResponse:
    """Sign in whoever is bound; whoever was signed in before in this browser is not. Raises PortalRefused."""
    account = account_bound(portal.name, subject_keyed(portal, claims["sub"]))
    if account is None:
        raise PortalRefused()
    logout(request)
    request.session["portal"] = portal.name
    request.is_strong_portal = portal.is_strong(claims)  # type: ignore[attr-defined]  # for the adapters
    record_authentication(request, account, "portal", portal=portal.name)
    answer: HttpResponse = perform_login(request, account, redirect_url=way)
    return answer
