"""The second factor: an authenticator's code or a passkey, enrolled, asked for and removed; recovery codes on paper.

The steps are allauth's; the pages, the words and what ends with a factor are ours.
"""

from __future__ import annotations

import base64
import os
from functools import wraps
from typing import Any, ClassVar

import segno
from allauth.account.views import ReauthenticateView
from allauth.core import context as allauth
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByFactorView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_lazy

from lianfang.base import clock
from lianfang.base.throttle import Limit, address_of, give_back, take_try
from lianfang.domains.accounts.errors import CodeUsed
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.accounts.services import end_sessions, use_code
from lianfang.domains.privacy.queries import site_key
from lianfang.flows.failed_sign_ins import note_failed
from lianfang.web.door import View, actor_of, is_strong_enough, to_sign_in
from lianfang.web.signin import ClosedSignup

NONCE = 12
OF_FACTOR = Limit("factor", 5, 300)  # wrong codes of one account


def _cipher() -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"lianfang second factors").derive(site_key()))


class SealedFactors(DefaultMFAAdapter):
    """Secrets of factors lie sealed in the database; the words are ours; the square is drawn as our other codes are."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("The code does not fit, is too old, or served before."),
        "cannot_generate_recovery_codes": gettext_lazy("First add an authenticator or a passkey."),
    }

    def encrypt(self, text: str) -> str:
        nonce = os.urandom(NONCE)
        return base64.b64encode(nonce + _cipher().encrypt(nonce, text.encode(), None)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        raw = base64.b64decode(encrypted_text)
        return _cipher().decrypt(raw[:NONCE], raw[NONCE:], None).decode()

    def is_mfa_enabled(self, user: Any, types: Any = None) -> bool:
        """Whether a factor is asked for: not where a portal has just asserted one."""
        if getattr(allauth.request, "is_strong_portal", False):
            return False
        return bool(super().is_mfa_enabled(user, types))

    def build_totp_svg(self, url: str) -> str:
        """Nothing: the page draws the square as all our squares are drawn."""
        return ""

    def get_totp_issuer(self) -> str:
        return gettext("Lianfang")

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return gettext("Passkey of %(day)s") % {"day": clock.now().date().isoformat()}


class _ServesOnce:
    """A code of an authenticator serves once, whatever the cache still knows; recovery codes mind themselves.

    Each try is counted before it is made, a right one given back.
    """

    def clean_code(self) -> str:
        account_id = self.user.pk  # type: ignore[attr-defined]  # of the form it is mixed into
        may_try = take_try(OF_FACTOR, str(account_id), at=clock.now())
        try:
            if not may_try:
                raise ClosedSignup().validation_error("too_many_login_attempts")
            code = self._fitting()
        except ValidationError:
            address = address_of(allauth.request)
            note_failed(way="code", name="", address=address, account_id=account_id, at=clock.now())
            raise
        give_back(OF_FACTOR, str(account_id))
        return code

    def _fitting(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]  # a mixin of allauth's forms
        factor = self.authenticator  # type: ignore[attr-defined]  # of the view it is mixed into
        if factor.type == Authenticator.Type.TOTP:
            secret, at = decrypt(factor.data["secret"]), clock.now()
            typed = code.replace(" ", "")
            step = max(s for s in yield_hotp_counters_from_time() if format_hotp_value(hotp_value(secret, s)) == typed)
            try:
                use_code(account_id=factor.user_id, step=step, by=actor_for(factor.user, at=at), at=at)
            except CodeUsed as used:
                raise SealedFactors().validation_error("incorrect_code") from used
        return code


class SecondStep(_ServesOnce, AuthenticateForm):
    """The code at sign-in."""


class SecondStepAgain(_ServesOnce, ReauthenticateForm):
    """The code before something that only the holder may do."""


class Authenticate(AuthenticateView):
    """The second step of signing in."""

    template_name = "factors/step.html"


class Again(ReauthenticateView):
    """The password once more, before something that only the holder may do."""

    template_name = "factors/again.html"


class AgainByFactor(ReauthenticateByFactorView):
    """The factor once more."""

    template_name = "factors/again.html"


def _where_to(request: HttpRequest) -> str:
    asked = request.GET.get("next") or request.session.get("after_enrolling") or ""
    return asked if url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure()) else "/"


class Index(IndexView):
    """What is enrolled, and what the roles held demand."""

    template_name = "factors/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.request.GET.get("next"):
            self.request.session["after_enrolling"] = self.request.GET["next"][:300]
        is_enough = is_strong_enough(self.request, actor_of(self.request))
        return {**super().get_context_data(**kwargs), "is_enough": is_enough, "way": _where_to(self.request)}


class _Strengthens:
    """Who has just shown a new factor has signed in strongly; the session gets a new key."""

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # a mixin of allauth's views
        request: HttpRequest = self.request  # type: ignore[attr-defined]  # of the view it is mixed into
        request.session["strength"] = "strong"
        request.session.cycle_key()
        return answer


class _EndsSessions:
    """With a factor go all sessions that it let in, this one too."""

    def form_valid(self, form: Any) -> HttpResponse:
        request: HttpRequest = self.request  # type: ignore[attr-defined]  # of the view it is mixed into
        by, at = actor_of(request), clock.now()
        super().form_valid(form)  # type: ignore[misc]  # a mixin of allauth's views
        end_sessions(account_id=by.id, by=by, at=at)
        logout(request)
        return redirect("sign-in")


class AddAuthenticator(_Strengthens, ActivateTOTPView):
    """An app that makes codes: a square to scan, a code to prove it."""

    template_name = "factors/authenticator.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "square": segno.make(context["totp_url"], error="m").svg_data_uri(scale=5, border=2)}


class RemoveAuthenticator(_EndsSessions, DeactivateTOTPView):
    """The app serves no more."""

    template_name = "factors/remove.html"


class AddPasskey(_Strengthens, AddWebAuthnView):
    """A passkey of this device or a key of metal."""

    template_name = "factors/passkey.html"


class RemovePasskey(_EndsSessions, RemoveWebAuthnView):
    """A passkey serves no more."""

    template_name = "factors/remove.html"


class RecoveryCodes(ViewRecoveryCodesView):
    """Codes for the day the phone is lost: shown once, to be written down."""

    template_name = "factors/codes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "way": _where_to(self.request)}


class NewCodes(GenerateRecoveryCodesView):
    """New recovery codes; the old ones serve no more."""

    template_name = "factors/codes_new.html"


def _known(view: View) -> View:
    """Only for somebody signed in, however weakly."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if request.user.is_authenticated else to_sign_in(request)

    return run


authenticate = Authenticate.as_view()
again = Again.as_view()
again_by_factor = AgainByFactor.as_view()
index = _known(Index.as_view())
add_authenticator = _known(AddAuthenticator.as_view())
remove_authenticator = RemoveAuthenticator.as_view()
add_passkey = _known(AddPasskey.as_view())
remove_passkey = _known(RemovePasskey.as_view())
recovery_codes = RecoveryCodes.as_view()
new_codes = _known(NewCodes.as_view())
