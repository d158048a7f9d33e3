"""`lianfang check --deploy`: whether a site may be opened to people; each fault in one line with its fix."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.checks import WARNING, run_checks
from django.db import OperationalError, ProgrammingError

from lianfang.base.guards import logs_open, told_by_server, walls_down, weak_roles
from lianfang.base.portals import is_read_by_others
from lianfang.base.signing_keys import known_keys, signing_key
from lianfang.domains.accounts.queries import demo_accounts
from lianfang.domains.audit.planning import USE
from lianfang.domains.editions.queries import editions_of, kinds, roles
from lianfang.drill.cast import PASSWORD

LEAST_LETTERS, LEAST_DIFFERENT = 40, 12  # 40 letters of base64 are 240 bits; few different ones were typed, not drawn
LEAST_HSTS_S = 15_552_000  # half a year; browsers' lists ask for a year
LOCAL = {"", "127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class Fault:
    """What is wrong and what to do; a warning alone lets the site open."""

    what: str
    fix: str
    is_warning: bool = False

    def line(self) -> str:
        """One line for the terminal."""
        return f"{'warning' if self.is_warning else 'fault'}: {self.what}. Fix: {self.fix}."


Faults = Iterator[Fault]


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split()).rstrip(".")


def of_django() -> Faults:
    """Django's own checks of a deployment, each told in one line."""
    for m in run_checks(include_deployment_checks=True):
        if m.level >= WARNING and not m.is_silenced():
            yield Fault(f"{m.id}: {_one_line(m.msg)}", _one_line(m.hint) or "see Django's list of checks")


def of_transport() -> Faults:
    """TLS, HSTS, the proxy's header, host names."""
    if not settings.HTTPS:
        yield Fault("pages would go over the wire in clear", "let a proxy end TLS and set LIANFANG_HTTPS=1")
    else:
        if settings.SECURE_HSTS_SECONDS < LEAST_HSTS_S:
            yield Fault("browsers are told to keep to TLS for less than half a year",
                        "leave LIANFANG_HSTS_SECONDS at its default, 31536000")  # fmt: skip
        if settings.SECURE_PROXY_SSL_HEADER is None:
            yield Fault("the site cannot tell a request by TLS from another, and would send all of them round in a "
                        "circle", "let the proxy set X-Forwarded-Proto itself and name it: "
                        "LIANFANG_PROXY_HEADER=X-Forwarded-Proto")  # fmt: skip
        if not settings.PROXIES:
            yield Fault("behind a proxy all visitors have one address, so one who guesses locks out all",
                        "set LIANFANG_PROXIES to how many proxies stand in a row (1)", is_warning=True)  # fmt: skip
    hosts = settings.ALLOWED_HOSTS
    if "*" in hosts or any(h.startswith(".") for h in hosts):
        yield Fault("the site answers to any name", "name its hosts one by one in LIANFANG_HOSTS")
    if not set(hosts) - {"127.0.0.1", "localhost", "[::1]", "testserver"}:
        yield Fault("the site has no name of its own", "name its hosts in LIANFANG_HOSTS")
    url = urlparse(settings.OWN_DATABASE_URL)
    if (url.hostname or "") not in LOCAL and os.environ.get("PGSSLMODE") not in ("verify-ca", "verify-full"):
        yield Fault("the database is on another machine, and its line may be in clear or lead to an impostor",
                    "set PGSSLMODE=verify-full and PGSSLROOTCERT")  # fmt: skip


def _is_private(path: Path) -> bool:
    return not stat.S_IMODE(path.stat().st_mode) & 0o077


def of_secrets() -> Faults:
    """Secret and sealing key: strong, different, and read by this user alone."""
    named = {"LIANFANG_SECRET_KEY": settings.SECRET_KEY, "LIANFANG_SEALING_KEY": settings.SEALING_KEY}
    for variable, secret in named.items():
        if len(secret) < LEAST_LETTERS or len(set(secret)) < LEAST_DIFFERENT:
            yield Fault(f"{variable} is weak", f"draw one of at least {LEAST_LETTERS} letters (openssl rand -base64 48)"
                        "; a sealing key in use cannot be replaced, begin a new site with it")  # fmt: skip
        file = settings.SECRET_FILES[variable]
        if not os.environ.get(variable) and not _is_private(file):
            yield Fault(f"others on this machine may read {file}", f"chmod 600 {file}, and draw a new one if they did")
    for portal in settings.PORTALS:
        if is_read_by_others(portal.secret_file):
            yield Fault(f"others on this machine may read {portal.secret_file}", f"chmod 600 {portal.secret_file}")
    if settings.SECRET_KEY == settings.SEALING_KEY:
        yield Fault("secret key and sealing key are the same", "draw another LIANFANG_SECRET_KEY; all sign in again")


def of_keys() -> Faults:
    """Key folders and the log's signing keys."""
    folders = [Path(f) for f in settings.KEY_FOLDERS if f]
    if len(folders) < 2:
        yield Fault("keys lie in one folder: with its disk go all names",
                    "name a second folder on another disk in LIANFANG_KEYS")  # fmt: skip
    there = [f for f in folders if f.is_dir()]
    for f in set(folders) - set(there):
        yield Fault(f"the key folder {f} is not there", "mount its disk; `lianfang up` makes the folder")
    for f in there:
        if not _is_private(f):
            yield Fault(f"others on this machine may look into {f}", f"chmod 700 {f}")
    if len(there) > 1 and len({f.stat().st_dev for f in there}) < len(there):
        yield Fault("key folders lie on one disk", "put one of them on another disk", is_warning=True)
    try:
        signing_key(USE, settings.SUITE)
        known_keys(USE)
    except FileNotFoundError:
        yield Fault("the log has no key to be signed with", "run `lianfang up`")
    except ValueError as error:
        yield Fault(_one_line(str(error)), f"chmod 600 the files log-key-* in {settings.STATE}")


def of_sign_in() -> Faults:
    """Second factors are demanded, and nobody signs in by the password that is printed in the manual."""
    if not settings.STRONG:
        yield Fault("who reads registers signs in by a password alone", "set LIANFANG_STRONG=1")
    demo = demo_accounts()
    if any(check_password(PASSWORD, a.password) for a in demo):
        yield Fault(f"{len(demo)} demo accounts open by a password that everybody knows",
                    "serve another database: a demo's is never made a site's")  # fmt: skip
    elif demo:
        yield Fault(f"{len(demo)} demo accounts are in this database", "close them on the accounts page",
                    is_warning=True)  # fmt: skip


def of_database() -> Faults:
    """Roles, walls, logs that only grow, what the server writes down, and the catalogue."""
    for said in weak_roles():
        yield Fault(f"database role: {said}", "let an administrator run what `lianfang up` prints, then `lianfang up`")
    for table in walls_down():
        yield Fault(f"{table} has no second wall, or not all of it", "run `lianfang up`")
    for table in logs_open():
        yield Fault(f"{table} can be changed after it was written",
                    "run `lianfang verify-log`, find who opened it, restore its trigger and grants")  # fmt: skip
    wanted = told_by_server()
    if wanted:
        yield Fault("PostgreSQL's own log may hold what people entered: " + ", ".join(sorted(wanted)),
                    "; ".join(f"ALTER SYSTEM SET {n} = '{v}'" for n, v in wanted.items()))  # fmt: skip
    if not (roles() and kinds() and editions_of()):
        yield Fault("roles, kinds or editions are not loaded", "run `lianfang up`")


PARTS: tuple[Callable[[], Faults], ...] = (of_django, of_transport, of_secrets, of_keys, of_sign_in, of_database)


def faults() -> list[Fault]:
    """All that is wrong with this site, each once, faults before warnings."""
    found: list[Fault] = []
    for part in PARTS:
        try:
            found += part()
        except OperationalError:
            found.append(Fault("the database cannot be reached", "start it, or correct LIANFANG_DATABASE_URL"))
        except ProgrammingError:
            found.append(Fault("the database lacks tables", "run `lianfang up`"))
    return sorted(dict.fromkeys(found), key=lambda f: f.is_warning)


def check_deployment() -> int:
    """Print every fault with its fix; exit status 1 if there is one that is no mere warning."""
    found = faults()
    for f in found:
        print(f.line())
    n = sum(not f.is_warning for f in found)
    print(f"{n} faults, {len(found) - n} warnings" if found else "nothing is wrong with this site")
    return 1 if n else 0
