"""Every service that a door may call x every role that stands outside: it is refused, and no row changes."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import lianfang
from lianfang.base.actor import Actor
from lianfang.base.errors import Refused
from lianfang.base.service import Outcome
from lianfang.cli.up import system_actor
from tests.house.source import modules
from tests.matrix.arguments import arguments
from tests.matrix.attempts import Attacker, Told, touched
from tests.matrix.people import Post
from tests.matrix.town import Marked


def services() -> dict[str, Callable[..., Any]]:
    """All services that doors may call, by name, found by walking the domains and flows."""
    found = {}
    for m in pkgutil.walk_packages(lianfang.__path__, "lianfang."):
        if ".services" in m.name or m.name.startswith(("lianfang.flows.", "lianfang.base.")):
            for f in vars(importlib.import_module(m.name)).values():
                if getattr(f, "is_door", False):
                    found[f.service_name] = f
    return dict(sorted(found.items()))


# No right of an area stands before these, and why: a closed list.
EXEMPT = {
    "accounts.begin_session": "signs in whom the door proved",
    "accounts.end_sessions": "the own sessions; the door gives the own id",
    "accounts.set_password": "the own password; the door gives the own id",
    "accounts.use_code": "the own second factor",
    "areas.add_aliases": "set-up",
    "areas.change_code": "set-up",
    "areas.load_divisions": "set-up",
    "areas.move_area": "set-up",
    "areas.set_outlines": "set-up",
    "audit.link_entries": "a job",
    "audit.record_call": "that a program called, by the program that called",
    "audit.record_export": "what was taken out, by whoever took it",
    "audit.record_head": "a job",
    "audit.record_reads": "what was read, by whoever read it",
    "base.keep_envelopes": "keeps what a phone sent, whatever becomes of it",
    "base.settle_envelope": "the own refused notes",
    "calls.end_feed": "the own calendar",
    "calls.make_record": "the own turns",
    "calls.renew_feed": "the own calendar",
    "devices.ask_binding": "opens nothing until a lead confirms",
    "devices.enter_code": "a code that the lead gave",
    "editions.load_editions": "set-up",
    "editions.load_kinds": "set-up",
    "editions.load_ladders": "set-up",
    "editions.load_roles": "set-up",
    "messages.mark_read": "the own messages, by recipient",
    "messages.mark_sent": "a job",
    "messages.show_pages": "a job",
    "messages.take_answer": "the own messages, by recipient",
    "privacy.make_keys": "set-up and the opening of an incident",
    "responders.ask_mission": "one's own area asks another for help, or notes that it was asked",
    "responders.state_wishes": "the own wishes",
    "work.run_out_clocks": "a job",
}
# What is refused to an outsider for the same reason as to the house itself: the right was not reached. A closed list.
UNPROVED = {
    "work.put_back": "what its holder alone gives back",
    "calls.answer_swap": "who was asked alone",
    "calls.ask_swap": "the own claim alone",
    "calls.prove_duty": "one's own duty alone",
    "calls.withdraw_swap": "who asked alone",
    "devices.give_code": "the phone that asks is not in yet",
    "responders.apply_to_team": "oneself, with a post there",
    "responders.note_dependants": "one's own note alone",
    "responders.offer_help": "oneself, or who administers the body or keeps the squad",
    "needs.give_feedback": "who asked alone",
    "privacy.witness_destruction": "the certificate is not signed yet",
}


def filled(name: str, f: Callable[..., Any], t: Marked, by: Actor) -> dict[str, Any]:
    """The call's arguments. Raises KeyError for a parameter of which there is no example."""
    known, out = arguments(t, by), {}
    for p in inspect.signature(f).parameters.values():
        if p.name in ("by", "at"):
            continue
        if f"{name} {p.name}" in known:
            out[p.name] = known[f"{name} {p.name}"]
        elif p.default is inspect.Parameter.empty:
            out[p.name] = known[p.name]
    return out


def tried(a: Attacker, name: str, f: Callable[..., Any], post: Post) -> str:
    """What is wrong with how a service answered somebody outside; "" where it refused."""
    by = a.actor(post.name)
    with a.undone() as changed:
        try:
            done = f(**filled(name, f, a.town, by), by=by, at=a.town.at)
            wrong = "done"
            if isinstance(done, list) and done and all(isinstance(o, Outcome) and o.code for o in done):
                wrong = "repeated" if any(o.code == "repeated" for o in done) else ""
            if isinstance(done, int) and done == 0:
                wrong = ""
        except Refused:
            wrong = ""
    a.count("outside")
    rows = touched(a.town, post, Told(0, "", [], changed))
    return f"{name} {post.name}: {wrong} {rows[:2]}" if wrong or rows else ""


def code_for(a: Attacker, name: str, f: Callable[..., Any], post: str) -> list[str]:
    """The codes with which somebody is refused."""
    by = a.actor(post)
    with a.undone():
        try:
            done = f(**filled(name, f, a.town, by), by=by, at=a.town.at)
        except Refused as e:
            return [e.code]
        return [o.code for o in done if isinstance(o, Outcome)] if isinstance(done, list) else []


def outsiders(a: Attacker) -> Iterator[Post]:
    """Everybody of whom the attacked committee lies outside."""
    return (p for p in a.town.posts.values() if p.is_outsider)


def test_every_service_has_its_arguments_or_a_reason(attacker: Attacker) -> None:
    by, without = attacker.town.actor("command-neighbour"), []
    for name, f in services().items():
        if name in EXEMPT:
            continue
        try:
            filled(name, f, attacker.town, by)
        except KeyError as e:
            without.append((name, str(e)))
    assert without == []
    assert set(EXEMPT) <= set(services())


def test_no_service_serves_an_outsider(attacker: Attacker) -> None:
    found = []
    for name, f in services().items():
        if name not in EXEMPT:
            found += [x for p in outsiders(attacker) if (x := tried(attacker, name, f, p))]
    assert not found, "\n".join(found)


def test_what_needs_no_right_is_kept_from_pages(attacker: Attacker) -> None:
    """Set-up and jobs are started by whoever holds the machine; no page and no phone reaches them."""
    names = {n.split(".")[1] for n, why in EXEMPT.items() if why.startswith(("set-up", "a job"))}
    found = []
    for path, tree in modules().items():
        if path.split("/")[1] in ("web", "field", "api"):
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and "services" in (node.module or ""):
                    found += [f"{path}: {a.name}" for a in node.names if a.name in names]
    assert found == []


def test_each_service_serves_the_house_itself_with_these_arguments(attacker: Attacker) -> None:
    """Arguments that nobody could call with would prove nothing: the list of such is closed."""
    t, by, unproved = attacker.town, system_actor(), {}
    for name, f in services().items():
        if name in EXEMPT:
            continue
        with attacker.undone() as changed:
            try:
                done = f(**filled(name, f, t, by), by=by, at=t.at)
                bad = isinstance(done, list) and [o.code for o in done if isinstance(o, Outcome) and o.code]
            except Refused as e:
                bad = [e.code]
        if (bad or not changed) and bad == code_for(attacker, name, f, "command-neighbour"):
            unproved[name] = bad
    assert set(UNPROVED) == set(unproved), unproved
