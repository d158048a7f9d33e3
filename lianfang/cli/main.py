"""The `lianfang` command. Each sub-command is a door: it names actor and time, and calls one service or flow."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import django


def _add_posts(sub: Any) -> None:
    account = sub.add_parser("account", help="open a sign-in for a post, or end its roles")
    account.add_argument("action", choices=["add", "end"])
    account.add_argument("username")
    account.add_argument("--role", default="", help="a role of the catalogue (add)")
    account.add_argument("--area", required=True, help="division code of the area")
    account.add_argument("--label", default="", help="the post as pages show it, never a person's name")
    duty = sub.add_parser("duty", help="put an account on the duty list of an area, or let it answer for the area")
    duty.add_argument("username")
    duty.add_argument("--role", required=True)
    duty.add_argument("--area", required=True, help="division code of the area")
    duty.add_argument("--position", type=int, default=0, help="0 is told first")
    duty.add_argument("--answers", action="store_true", help="answers for the area (grid worker, household head)")
    duty.add_argument("--phone", default="", help="the duty phone people see")


def _add_keeping(sub: Any) -> None:
    sub.add_parser("log-head", help="print the newest signed head of the log, to be kept elsewhere")
    verify = sub.add_parser("verify-log", help="verify the log: entries, links, heads; exit status 0 if sound")
    verify.add_argument("--from", dest="since", type=date.fromisoformat, help="only what was linked from this day on")
    verify.add_argument("--head", type=Path, action="append", default=[], help="a head kept elsewhere: it must fit")
    verify.add_argument("--processes", type=int, default=min(4, os.cpu_count() or 1), help="how many read at once")
    paper = sub.add_parser("verify-certificate", help="verify a certificate of destruction that this site signed")
    paper.add_argument("file", type=Path)
    keys = sub.add_parser("token-key", help="the keys that sign what phones check: list, replace, revoke")
    keys.add_argument("action", choices=["list", "replace", "revoke"])
    keys.add_argument("key", nargs="?", default="", help="the key's short name (revoke)")
    keys.add_argument("--why", default="", help="why it is revoked")
    backup = sub.add_parser("backup", help="write the whole database and the site's own files to one file")
    backup.add_argument("file", type=Path)
    restore = sub.add_parser("restore", help="read a backup into an empty database")
    restore.add_argument("file", type=Path)


def _add_import(sub: Any) -> None:
    imp = sub.add_parser("import", help="bring data in: divisions, outlines, roads")
    kinds = imp.add_subparsers(dest="what", required=True, metavar="WHAT")
    d = kinds.add_parser("divisions", help="a china-division village table (.csv), or the built-in extract")
    d.add_argument("file", type=Path, nargs="?")
    d.add_argument("--counties", default="", help="only these county codes, comma-separated")
    o = kinds.add_parser("outlines", help="a GeoJSON file whose features carry a division code")
    o.add_argument("file", type=Path)
    o.add_argument("--datum", required=True, choices=["wgs84", "gcj02", "bd09"], help="never assumed: state it")
    o.add_argument("--code", default="code", help="the property that holds the code")
    r = kinds.add_parser("roads", help="a GeoJSON file of roads (property highway): ways lead along them")
    r.add_argument("file", type=Path)
    r.add_argument("--area", required=True, help="the division code of the county (or lower) they are of")
    r.add_argument("--datum", required=True, choices=["wgs84", "gcj02", "bd09"], help="never assumed: state it")
    r.add_argument("--source", required=True, help="whose data, and under which licence")


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="lianfang", description="联防: the operations platform of a response.")
    sub = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    sub.add_parser("up", help="prepare the database: schema, roles, kinds, editions (harmless twice)")
    demo = sub.add_parser("demo", help="prepare, play a small response, serve the site on 127.0.0.1:8000")
    demo.add_argument("--port", type=int, default=8000)
    demo.add_argument("--scale", type=float, default=0.02, help="share of the population (default 0.02)")
    demo.add_argument("--no-serve", action="store_true", help="only prepare and play")
    serve = sub.add_parser("serve", help="serve the site")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    drill = sub.add_parser("drill", help="play a scenario in a sandbox and compare what the platform reports")
    drill.add_argument("name", help="the name of a built-in scenario, or the path of a scenario file")
    drill.add_argument("--scale", type=float, default=1.0)
    drill.add_argument("--seed", type=int, default=1)
    drill.add_argument("--out", type=Path, help="folder for a readable report")
    drill.add_argument("--json", type=Path, dest="json_file", help="file for the result as JSON")
    _add_import(sub)
    _add_posts(sub)
    area = sub.add_parser("area", help="another name of an area, a new code, or another area above it, from a day on")
    area.add_argument("what", choices=["alias", "code", "move"])
    area.add_argument("area", help="the area's present division code")
    area.add_argument("value", help="the other name, the new code, or the code of the area it lies in from now")
    area.add_argument("--on", default="", help="from which day (2026-07-01; default today)")
    check = sub.add_parser("check", help="check the edition files, and the database if there is one")
    check.add_argument("--files-only", action="store_true")
    check.add_argument("--deploy", action="store_true", help="whether this site may be opened to people: every fault")
    jobs = sub.add_parser("jobs", help="run what is due: clocks, routines, reviews, the outbox")
    jobs.add_argument("--once", action="store_true", help="run once and end (default: every 20 seconds)")
    sub.add_parser("openapi", help="print the document of the interface for programs (docs/openapi.json)")
    _add_keeping(sub)
    return top


def _commands() -> dict[str, Callable[[argparse.Namespace], int]]:
    from lianfang.cli import areas, commands, interface, log, posts, token_keys

    return {
        "up": commands.up,
        "demo": commands.demo,
        "serve": commands.serve,
        "drill": commands.drill,
        "import": commands.import_data,
        "check": commands.check,
        "jobs": commands.jobs,
        "account": posts.account,
        "area": areas.change,
        "duty": posts.duty,
        "log-head": log.log_head,
        "verify-log": log.verify,
        "verify-certificate": log.verify_certificate,
        "token-key": token_keys.change,
        "openapi": interface.openapi,
        "backup": commands.backup,
        "restore": commands.restore,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command; a refusal or a wrong argument is one clear line and exit status 2."""
    chosen = _parser().parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianfang.site.settings")
    if chosen.command == "drill":
        # A drill plays in a sandbox of its own; on a named database it refuses where real people are.
        os.environ.setdefault("LIANFANG_DATABASE", "lianfang_drill")
    try:
        django.setup()
        return _commands()[chosen.command](chosen)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from lianfang.base.errors import Refused

        if isinstance(error, Refused):
            print(f"lianfang {chosen.command}: refused: {error.code} {error.values}", file=sys.stderr)
            return 2
        if type(error).__name__ in (
            "CannotGoUp",
            "CannotStart",
            "CannotPlay",
            "FileNotFoundError",
            "ValueError",
            "OperationalError",
        ):
            print(f"lianfang {chosen.command}: {error}", file=sys.stderr)
            return 2
        raise


if __name__ == "__main__":
    sys.exit(main())
