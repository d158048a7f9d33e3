"""Signing in by name and password; nobody signs himself up, and a wrong name and a wrong password read the same."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.views import LoginView
from allauth.core import context
from django.conf import settings
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import resolve, reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.throttle import Limit, address_of, give_back, take_try
from lianfang.domains.accounts.queries import demo_accounts
from lianfang.domains.accounts.services import set_password
from lianfang.flows.failed_sign_ins import note_failed
from lianfang.web.door import actor_of, page, to_sign_in
from lianfang.web.sessions import begin, has_second_step

# By address all sign-ins and the wrong ones, by name the wrong ones.
SIGN_INS, OF_ADDRESS = Limit("sign-ins", 30, 60), Limit("address", 10, 60)
OF_NAME = Limit("name", 5, 300)
FRESH_S = 300  # seconds for which a sign-in proves who sits there
LEAST = 10  # characters of a password
DEMO_PASSWORD = "lianfang-demo"  # shown on the page of a demo database, which holds invented people only


class ClosedSignup(DefaultAccountAdapter):
    """Accounts are opened for posts by who may grant them, never by a visitor."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": gettext_lazy("Name and password do not fit together."),
        "invalid_login": gettext_lazy("Name and password do not fit together."),
        "account_inactive": gettext_lazy("Name and password do not fit together."),
        "incorrect_password": gettext_lazy("The password is not right."),
        "too_many_login_attempts": gettext_lazy("Too many attempts. Wait five minutes, then try again."),
        "rate_limited": gettext_lazy("Too many attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Whose name and password fit together; each try is counted before it is made, a right one given back."""
        at, name = clock.now(), credentials.get("username", "").casefold()
        counted = ((OF_ADDRESS, address_of(request)), (OF_NAME, name))
        if not all(take_try(limit, key, at=at) for limit, key in counted):
            self.authentication_failed(request, **credentials)
            raise self.validation_error("too_many_login_attempts")
        user = super().authenticate(request, **credentials)
        if user:
            for limit, key in counted:
                give_back(limit, key)
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """What the auditor reads of it: counts under a keyed name and address."""
        name = credentials.get("username", "")
        note_failed(way="password", name=name, address=address_of(request), at=clock.now())

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """The session is begun under a mark of its own, and says how strong the sign-in was."""
        is_strong = has_second_step(request) or getattr(request, "is_strong_portal", False)
        begin(request, strength="strong" if is_strong else "device")
        return super().post_login(request, user, **kwargs)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """How somebody signed in proves himself again: by his factor where there is one, else by his password."""
        names = {"mfa_reauthenticate", "account_reauthenticate"}
        ways = [w for w in super().get_reauthentication_methods(user) if resolve(w["url"]).url_name in names]
        return sorted(ways, key=lambda w: resolve(w["url"]).url_name == "account_reauthenticate")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Who signed in a moment ago need not prove himself again."""
        begun_s = context.request.session.get("begun_s", 0)
        return clock.now().timestamp() - begun_s >= FRESH_S and super().is_reauthentication_required(app=app, **kwargs)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: our pages say themselves what was done."""


class SignIn(LoginView):
    """The sign-in page; in a demo database it lists one account a role."""

    template_name = "signin.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not take_try(SIGN_INS, address_of(request), at=clock.now()):
            return page(request, "429.html", {}, status=429)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign in; a closed account reads as a wrong password does, else its page would tell that the password fits."""
        self.request.session.pop("portal", None)  # of a sign-in through one that was begun and not ended
        if form.user.is_active:
            return super().form_valid(form)
        name = form.cleaned_data.get("login", "")
        note_failed(way="password", name=name, address=address_of(self.request), at=clock.now())
        form.add_error(None, ClosedSignup.error_messages["account_inactive"])
        return self.form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # One a role: the second and third of a role bear a number.
        demo = [a for a in demo_accounts() if not a.username[-1].isdigit()]
        chosen = self.request.GET.get("as", "")
        return {
            **super().get_context_data(**kwargs),
            "demo": demo,
            "demo_password": DEMO_PASSWORD,
            "is_strong": settings.STRONG,
            "portals": [(p.name, p.words) for p in settings.PORTALS],
            "chosen": chosen if any(a.username == chosen for a in demo) else "",
            "next": self.request.GET.get("next") or self.request.POST.get("next") or "",
        }


sign_in = SignIn.as_view()


def own_password(request: HttpRequest) -> HttpResponse:
    """The holder's own password in place of the present one, which somebody else may have made."""
    if not request.user.is_authenticated:
        return to_sign_in(request)
    by, sent = actor_of(request), request.POST
    first, again = sent.get("new", ""), sent.get("again", "")
    wrong = _wrong(request, first, again) if request.method == "POST" else ""
    if request.method != "POST" or wrong:
        return page(request, "password.html", {"wrong": wrong, "least": LEAST}, status=422 if wrong else 200)
    kept = set_password(account_id=by.id, password_hash=make_password(first), by=by, at=clock.now())
    update_session_auth_hash(request, kept)
    return redirect(reverse("day") + "?said=accounts.password_set")


def _wrong(request: HttpRequest, first: str, again: str) -> str:
    """Why a new password is not taken, or nothing."""
    if not check_password(request.POST.get("present", ""), request.user.password):
        return gettext("The present password is not right.")
    if first != again:
        return gettext("The two new ones differ.")
    if len(first) < LEAST or first in (request.user.username, request.POST.get("present", "")):
        return gettext("The new one needs at least %(n)s characters, and is neither the old one nor the name.") % {
            "n": LEAST
        }
    return ""


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("sign-in")


def closed(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Addresses that allauth names and this house does not offer lead to the sign-in page."""
    return redirect("sign-in")
