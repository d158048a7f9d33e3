"""Settings of the machine. The environment is read here, once, typed; numbers officers may change are editions."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import unquote, urlparse

from lianfang.base.portals import read_portals
from lianfang.site.database import EmbeddedServer

PROJECT = Path(__file__).resolve().parents[2]
STATE = Path(os.environ.get("LIANFANG_STATE", PROJECT / ".state"))
EMBEDDED_DATABASE = EmbeddedServer(STATE)
OWN_DATABASE_URL = os.environ.get("LIANFANG_DATABASE_URL", "")
DATABASE_NAME = os.environ.get("LIANFANG_DATABASE", "lianfang")  # on the embedded server


def _secret(variable: str) -> str:
    """A secret of the site: named by the environment, else made once and kept in a file only this user reads."""
    named = os.environ.get(variable)
    if named:
        return named
    file = SECRET_FILES[variable]
    if not file.exists():
        STATE.mkdir(parents=True, exist_ok=True)
        file.touch(0o600)
        file.write_text(secrets.token_urlsafe(50))
    return file.read_text().strip()


def _database(url: str) -> dict[str, object]:
    u = urlparse(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": u.path.lstrip("/"),
        "USER": unquote(u.username or ""),
        "PASSWORD": unquote(u.password or ""),
        "HOST": u.hostname or "",
        "PORT": str(u.port or ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 12, "timeout": 20}},
    }


SECRET_FILES = {"LIANFANG_SECRET_KEY": STATE / "secret-key", "LIANFANG_SEALING_KEY": STATE / "sealing-key"}
SECRET_KEY = _secret("LIANFANG_SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("LIANFANG_HOSTS", "127.0.0.1 localhost [::1] testserver").split()
CSRF_TRUSTED_ORIGINS = os.environ.get("LIANFANG_ORIGINS", "").split()
DATABASES = {"default": _database(OWN_DATABASE_URL or EMBEDDED_DATABASE.url(database=DATABASE_NAME))}
EDITIONS = Path(os.environ.get("LIANFANG_EDITIONS", PROJECT / "editions"))
# What wraps data keys and keys the index of persons; the data keys themselves lie in files, in each of the folders.
SEALING_KEY = _secret("LIANFANG_SEALING_KEY")
KEY_FOLDERS = os.environ.get("LIANFANG_KEYS", str(STATE / "keys" / DATABASE_NAME)).split(os.pathsep)
# The cipher suite of the server's own hashes and signatures: world (SHA-256, AES-256-GCM, ES256) or sm (SM3, SM4, SM2).
SUITE = os.environ.get("LIANFANG_SUITE", "world")
CHANNELS = dict(pair.split("=", 1) for pair in os.environ.get("LIANFANG_CHANNELS", "").split() if "=" in pair)

DOMAINS = [
    "areas",
    "editions",
    "accounts",
    "audit",
    "privacy",
    "devices",
    "grid",
    "responders",
    "places",
    "messages",
    "holds",
    "decisions",
    "incidents",
    "work",
    "calls",
    "tracing",
    "watch",
    "gates",
    "dispatch",
    "supplies",
    "rounds",
    "sampling",
    "needs",
    "reports",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",  # its tables stay empty: who is bound to a portal stands in ours, keyed
    "lianfang.base",
    *(f"lianfang.domains.{d}" for d in DOMAINS),
    "lianfang.web",
    "lianfang.field",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "lianfang.web.guard.SafeHeaders",  # outside all that may answer, so that no answer goes without
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "lianfang.web.guard.BodyLimit",
    "lianfang.web.door.DoorTransaction",
    "lianfang.api.door.ProgramCalls",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "lianfang.web.sessions.SessionLimits",
    "lianfang.web.door.Refusals",
]
ROOT_URLCONF = "lianfang.site.urls"
WSGI_APPLICATION = "lianfang.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT / "lianfang/web/templates", PROJECT / "lianfang/field/templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": ["django.template.context_processors.request", "lianfang.web.door.page_frame"],
            "builtins": ["lianfang.web.words"],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
        },
    }
]
AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "lianfang.web.signin.ClosedSignup"
ACCOUNT_RATE_LIMITS = False  # allauth counts in one process's memory; `base/throttle.py` counts for all of them
# Whether roles that read registers must sign in by a second factor. `lianfang serve` sets it outside a demo.
STRONG = os.environ.get("LIANFANG_STRONG", "") == "1"
# Sign-in through portals that the place has: a TOML file names them (docs/manual.md).
PORTALS = read_portals(os.environ.get("LIANFANG_OIDC", ""))
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5  # seconds; a portal that is slower is said to be silent
MFA_ADAPTER = "lianfang.web.factors.SealedFactors"
MFA_FORMS = {
    "authenticate": "lianfang.web.factors.SecondStep",
    "reauthenticate": "lianfang.web.factors.SecondStepAgain",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # a step to either side, as RFC 6238 allows: clocks and tired fingers
MFA_RECOVERY_CODES_SHOW_ONCE = True
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/sign-in"
SESSION_HOURS = int(os.environ.get("LIANFANG_SESSION_HOURS", "12"))
IDLE_MINUTES = int(os.environ.get("LIANFANG_IDLE_MINUTES", "120"))
MOST_SESSIONS = int(os.environ.get("LIANFANG_SESSIONS", "6"))  # of one account; the oldest ends
PROGRAM_DAYS = int(os.environ.get("LIANFANG_PROGRAM_DAYS", "180"))  # so long a program's account lasts at most
PROGRAM_CALLS = int(os.environ.get("LIANFANG_PROGRAM_CALLS", "120"))  # of one program in a minute; more must wait
# How long failed sign-ins are kept for the auditor: six months, as the Cybersecurity Law art. 21(3) asks of logs.
FAILED_DAYS = int(os.environ.get("LIANFANG_FAILED_DAYS", "184"))
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"  # a message's link opens signed in
LANGUAGE_COOKIE_HTTPONLY = True
# Whether a proxy ends TLS before this process. Without it nothing below is demanded: http on one's own machine works.
HTTPS = os.environ.get("LIANFANG_HTTPS", "") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
# The prefix binds a cookie to this host and to TLS: a neighbouring host, or http, cannot set it.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = (
    ("__Host-sessionid", "__Host-csrftoken") if HTTPS else ("sessionid", "csrftoken")
)
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = int(os.environ.get("LIANFANG_HSTS_SECONDS", "31536000")) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Which header of the proxy says that the browser came by TLS. Named only where a proxy sets it itself on every request:
# else a visitor could.
PROXY_HEADER = os.environ.get("LIANFANG_PROXY_HEADER", "")
SECURE_PROXY_SSL_HEADER = ("HTTP_" + PROXY_HEADER.upper().replace("-", "_"), "https") if PROXY_HEADER else None
PROXIES = int(os.environ.get("LIANFANG_PROXIES", "0"))  # in a row before us; who tries too often is counted by address
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
MOST_BODY_BYTES = 60 * 1024 * 1024  # of one request; a city's register file has fifty at most
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024  # of one request that brings no file
# What an office sends is read in memory: a file of people never lies in a folder of temporary files.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = MOST_BODY_BYTES

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [PROJECT / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
AFTER_MISSION_MINUTES = int(os.environ.get("LIANFANG_AFTER_MISSION_MINUTES", "120"))  # a vouched phone opens so long
STATIC_URL = "/static/"
STATICFILES_DIRS = [PROJECT / "lianfang/web/static", PROJECT / "lianfang/field/static"]
STATIC_ROOT = STATE / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": os.environ.get("LIANFANG_STATIC", "whitenoise.storage.CompressedManifestStaticFilesStorage")
    },
}
WHITENOISE_MIMETYPES = {".mjs": "text/javascript"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# A preload list names whole domains for ever: that is for the domain's owner to say, not for one site on it.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"quiet": {"()": "lianfang.site.quiet.QuietFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "quiet"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
