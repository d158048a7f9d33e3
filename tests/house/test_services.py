"""Only services write; each is marked, keyword-only, with `by` and `at`; doors keep off those marked door=False."""

from __future__ import annotations

import ast

from tests.house.source import decorator_of, functions, modules

WRITES = {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete"}
# List forms with one item, and helpers a service's siblings share; each is named, none writes a row by itself.
SINGLE_FORMS = {"claim_shift", "form_team", "open_item", "make_move", "seat"}
SHARED = {
    "carriers_of",
    "ask_holders",
    "first_due",
    "lists_of",
    "locked_plea",
    "owner_role",
    "tell_holders",
    "count_places",
    "fill_from_waitlist",
    "kept_permit",
    "kept_until",
    "locked_account",
    "end_items",  # the ending moves of a zone, a hold, a warning, an area, a gate: their services tested the right
    "without_sessions",  # ends sessions inside a service that tested the right
    "locked_accounts",
    "locked_shifts",
    "set_call_states",
    "tell_adopted",
    "tell_claimants",
    "locked_place",
    "waive_lacking",  # of a place that a service has locked
    "locked_round",
    "held_link",
    "locked_mission",
    "locked_responder",
    "locked_team",
    "locked_parents",
    "locked_units",
    "require_round",
    "locked_rounds",
    "shared_states",
    "proved_phone",  # marks the challenge as used inside the service that asked
    "lay_posts",  # writes inside a service that tested the right
    "drop_returns",  # inside the service that ended the ride
    "end_if_over",  # inside the service that moved the trip's last ride
    "hand_at_once",  # writes inside the service that opened or moved the items
    "open_heart",  # opens inside a service that tested the right
    "keep_next",  # of items that work.make_moves finished
    "lay_items",  # writes inside the service that tested the right and pays the LogEntry
    "plan_next_tries",
    "raise_refusal",
    "sealed_segments",
    "start_clocks",
    "opens",
    "watch_phase",
    "first_phase",
    "signal_rule",
    "sealed_by_incident",
    "division_id",
}


def _is_row_write(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    text = ast.unparse(call.func)
    if call.func.attr in ("update", "delete"):
        return ".objects" in text or ".filter(" in text or ".exclude(" in text
    return (
        call.func.attr in WRITES
        and (call.func.attr != "save" or "form" not in text)
        and text.split(".")[0] != "hashlib"
    )


def _may_write(path: str) -> bool:
    return "/services" in path or path.startswith("lianfang/base/")


def test_only_services_write_rows() -> None:
    found = [
        f"{path}:{node.lineno} {ast.unparse(node.func)}"
        for path, tree in modules().items()
        if not _may_write(path)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _is_row_write(node)
    ]
    assert found == []


def test_every_public_function_of_a_service_room_is_a_marked_service() -> None:
    bad = []
    for path, tree in modules().items():
        if "/services" not in path:
            continue
        for node in tree.body:
            if (
                isinstance(node, ast.FunctionDef)
                and not node.name.startswith("_")
                and node.name not in SINGLE_FORMS | SHARED
            ):
                names = {a.arg for a in node.args.kwonlyargs}
                if decorator_of(node, "service") is None or node.args.args or not {"by", "at"} <= names:
                    bad.append(f"{path}: {node.name}")
    assert bad == []


def test_service_names_say_their_domain_and_function() -> None:
    for path, tree in modules().items():
        for node in functions(tree):
            mark = decorator_of(node, "service")
            if mark and path.startswith("lianfang/domains/"):
                domain = path.split("/")[2]
                assert ast.literal_eval(mark.args[0]) == f"{domain}.{node.name}", path


def _behind() -> set[str]:
    """Names of services no door may call bare."""
    out = set()
    for tree in modules().values():
        for node in functions(tree):
            mark = decorator_of(node, "service")
            if mark and any(k.arg == "door" and ast.literal_eval(k.value) is False for k in mark.keywords):
                out.add(node.name)
    return out


def test_no_door_calls_a_service_that_stands_behind_a_flow() -> None:
    behind = _behind()
    assert behind
    found = []
    for path, tree in modules().items():
        if path.split("/")[1] in ("web", "field", "api", "cli"):
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and "services" in (node.module or ""):
                    found += [f"{path}: {a.name}" for a in node.names if a.name in behind]
    assert found == []
