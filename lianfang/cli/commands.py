"""What each sub-command does: one service, flow or drill; progress on the terminal."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from django.conf import settings
from django.core.management import call_command
from django.utils.timezone import localtime
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from lianfang.base import clock
from lianfang.base.roles import JOB_ROLE, acting_as
from lianfang.cli.deploy import check_deployment
from lianfang.cli.places import import_divisions, import_outlines
from lianfang.cli.roads import import_roads
from lianfang.cli.up import CannotGoUp, go_up, load_catalogue, system_actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import demo_accounts
from lianfang.domains.editions.planning import read_library
from lianfang.domains.editions.queries import roles
from lianfang.domains.grid.models import Person
from lianfang.drill.cast import PASSWORD
from lianfang.drill.pictures import pictures_of
from lianfang.drill.report import write_report
from lianfang.drill.run import Result, run_drill
from lianfang.drill.scenario import read_scenario
from lianfang.flows.run_due import PARTS, SEALING, memory_of, run_due

JOB_SECONDS = 20
MOST_CONNECTIONS = 8192  # open at once; thousands press in the same second


def _say(text: str) -> None:
    print(f"  {text}", flush=True)


@contextmanager
def _bar(title: str) -> Iterator[Any]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=False) as bar:
        task = bar.add_task(title, total=1)
        yield lambda what, n, total: bar.update(task, description=f"{title}: {what}", completed=n, total=total)


def up(_: argparse.Namespace) -> int:
    """Prepare the database and gather the static files."""
    go_up(_say)
    call_command("collectstatic", verbosity=0, interactive=False)
    _say("ready")
    return 0


def check(chosen: argparse.Namespace) -> int:
    """Say what is wrong with edition files, and with the database; with --deploy, what keeps the site closed."""
    if chosen.deploy:
        return check_deployment()
    library = read_library(settings.EDITIONS)
    for p in library.problems:
        print(f"{p['file']}: {p['key']}: {p['fix']}")
    print(f"{len(library.kinds)} kinds, {len(library.editions)} editions, {len(library.problems)} problems")
    if not chosen.files_only and not library.problems:
        load_catalogue()
        call_command("check", verbosity=0)
        print("the database takes them")
    return 1 if library.problems else 0


def drill(chosen: argparse.Namespace) -> int:
    """Play a scenario in the sandbox and print the verdict; exit status 0 only if all is accepted and holds."""
    read_scenario(chosen.name)
    if not settings.OWN_DATABASE_URL and settings.DATABASE_NAME == "lianfang_drill":
        settings.EMBEDDED_DATABASE.fresh_database("lianfang_drill")
    go_up(lambda _: None)
    with _bar(chosen.name) as say:
        result, stage = run_drill(chosen.name, scale=chosen.scale, seed=chosen.seed, by=system_actor(), say=say)
    _print_result(result)
    body = dict(vars(result))
    if chosen.json_file:
        chosen.json_file.write_text(json.dumps(body, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
    if chosen.out:
        print(f"report: {write_report(result, chosen.out, pictures_of(stage))}")
    return 0 if result.is_accepted else 1


def _print_result(result: Result) -> None:
    for e in result.expect:
        if e.get("later"):
            print(f"later   {e['sort']:8} {e['id']:40} not played yet: {e['later']}")
            continue
        mark = "ok     " if e["accepted"] else "DIFFERS"
        wanted = f"  (expected {e['bound']} {e['value']})" if e["sort"] == "figure" else ""
        print(f"{mark} {e['sort']:8} {e['id']:40} {e['got']}{wanted}")
    for i in result.invariants:
        print(f"{'ok     ' if i['holds'] else 'BROKEN '} invariant {i['id']}")
    print(
        f"{result.seconds} s, peak {result.peak_mib} MiB, "
        + ", ".join(f"{s['name']} {s['seconds']} s" for s in result.stages)
    )


def demo(chosen: argparse.Namespace) -> int:
    """Prepare, play a small heat day up to now, serve; prints the address and one sign-in a role."""
    print("preparing the database", flush=True)
    go_up(_say)
    call_command("collectstatic", verbosity=0, interactive=False)
    if not Person.objects.exists():
        play_demo(chosen.scale)
    address = f"http://127.0.0.1:{chosen.port}"
    print(f"\n  联防 lianfang: {address}\n  password of every account: {PASSWORD}\n")
    for role in roles():
        name = f"demo-{role}"
        account = Account.objects.filter(username=name).first()
        if account:
            print(f"  {name:24} {account.label}")
    print(flush=True)
    return 0 if chosen.no_serve else _serve("127.0.0.1", chosen.port, strong=False)


def play_demo(scale: float) -> None:
    """Play the heat day so that it ended today, or yesterday if it is not yet evening; then run what is due now."""
    scenario = read_scenario("heat-day")
    now = clock.now()
    days = (localtime(now).date() - scenario.incident["last_date"]).days
    shift = timedelta(days=days if scenario.end() + timedelta(days=days) <= now else days - 1)
    with _bar("a heat day") as say:
        run_drill("heat-day", scale=scale, seed=1, by=system_actor(), say=say, shift=shift)
        run_due(channels={}, by=system_actor(), at=now)


def serve(chosen: argparse.Namespace) -> int:
    """Serve the site; who reads registers needs a second factor unless the database is a demo's."""
    return _serve(chosen.host, chosen.port, strong=not demo_accounts())


def server_command(host: str, port: int) -> list[str]:
    """How the site is served: one process, the rush's door on its loop, pages in threads."""
    options = {"interface": "rsgi", "host": host, "port": port, "workers": 1, "backlog": MOST_CONNECTIONS,
               "backpressure": MOST_CONNECTIONS, "workers-kill-timeout": 2, "log-level": "warning"}  # fmt: skip
    granian = str(Path(sys.executable).parent / "granian")
    return [granian, *(f"--{k}={v}" for k, v in options.items()), "lianfang.site.rsgi:application"]


def _serve(host: str, port: int, *, strong: bool) -> int:
    from django.db import connection

    connection.close_pool()
    jobs_command = [sys.executable, "-m", "lianfang.cli.main", "jobs"]
    env = {"LIANFANG_STRONG": "1" if strong else "0", **os.environ}
    with subprocess.Popen(jobs_command) as jobs_process, subprocess.Popen(server_command(host, port), env=env) as site:
        # Told to end, it ends what it began: a server left behind would go on taking the port's requests.
        signal.signal(signal.SIGTERM, lambda *_: site.terminate())
        try:
            return site.wait()
        finally:
            site.terminate()
            jobs_process.terminate()


def jobs(chosen: argparse.Namespace) -> int:
    """Run what is due, once or every twenty seconds; a part that fails is named and tried again, the others go on."""
    while True:
        ran, failed = run_parts()
        if failed:
            print(f"lianfang jobs: failed: {failed}", file=sys.stderr, flush=True)
        if chosen.once:
            print(ran)
            return 1 if failed else 0
        time.sleep(JOB_SECONDS)


def run_parts() -> tuple[dict[str, int], dict[str, str]]:
    """Each due part in a transaction of its own under the job role: what ran, and the kind of error of what failed."""
    ran: dict[str, int] = {}
    failed: dict[str, str] = {}
    for name, part in (*PARTS, *SEALING):
        try:
            by = system_actor()
            with acting_as(JOB_ROLE, by), memory_of(part):
                ran[name] = part(settings.CHANNELS, by, clock.now())
        except Exception as error:
            # Only the kind of error: its text may hold a person's values. The jobs must outlive any one of them.
            failed[name] = type(error).__name__
    return ran, failed


def import_data(chosen: argparse.Namespace) -> int:
    """Bring in divisions, outlines or roads."""
    by, at = system_actor(), clock.now()
    if chosen.what == "divisions":
        counties = [c for c in chosen.counties.split(",") if c]
        print(f"{import_divisions(chosen.file, counties=counties, by=by, at=at)} new divisions")
    elif chosen.what == "roads":
        roads = {"datum": chosen.datum, "code": chosen.area, "source": chosen.source}
        print(import_roads(chosen.file, **roads, by=by, at=at))
    else:
        print(import_outlines(chosen.file, datum=chosen.datum, code_property=chosen.code, by=by, at=at))
    return 0


def _tool(name: str) -> tuple[list[str], dict[str, str]]:
    database = settings.DATABASES["default"]
    url = urlparse(settings.OWN_DATABASE_URL or settings.EMBEDDED_DATABASE.url(database=settings.DATABASE_NAME))
    embedded = settings.EMBEDDED_DATABASE.tool(name)  # the newest here: it reads older servers, an older one no newer
    env = {**os.environ, "PGPASSWORD": str(database["PASSWORD"])}
    return [
        str(embedded),
        "-h",
        str(url.hostname),
        "-p",
        str(url.port or 5432),
        "-U",
        str(database["USER"]),
        "-d",
        str(database["NAME"]),
    ], env


def backup(chosen: argparse.Namespace) -> int:
    """Write the whole database to one file (custom format). No key is in it: sealing key and key files lie apart."""
    command, env = _tool("pg_dump")
    done = subprocess.run([*command, "--format=custom", "--no-owner", f"--file={chosen.file}"], env=env, check=False)
    if done.returncode:
        raise CannotGoUp("the backup failed; nothing was changed")
    print(f"{chosen.file}: {chosen.file.stat().st_size:,} bytes. Without sealing key and key files names stay sealed.")
    return 0


def restore(chosen: argparse.Namespace) -> int:
    """Read a backup into an empty database, then check it and its roles."""
    if not chosen.file.exists():
        raise FileNotFoundError(f"{chosen.file} is not there")
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        if cursor.fetchone()[0]:
            raise CannotGoUp("this database is not empty: a backup is restored into a new one")
    command, env = _tool("pg_restore")
    done = subprocess.run(
        [*command, "--no-owner", "--no-privileges", "--exit-on-error", str(chosen.file)], env=env, check=False
    )
    if done.returncode:
        raise CannotGoUp("the restore failed: drop the database and try again")
    go_up(_say)
    return 0
