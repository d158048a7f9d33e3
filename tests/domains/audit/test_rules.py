"""Links and heads as plain values, and the names of faults."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.base.suites import SUITES, suite_of
from lianfang.domains.audit.rules import (
    LEAF,
    NO_DIGEST,
    Fault,
    Head,
    Leaf,
    Link,
    differing,
    digest_fits,
    head_due,
    head_faults,
    head_text,
    leaves_of,
    link_digest,
    link_faults,
    named,
    read_head,
    row_bytes,
    signature_fault,
    signed,
)

AT = datetime(2026, 7, 21, 1, 0, tzinfo=UTC)
WORLD = suite_of("world")
HEAD = Head(number=1, at=AT, link=3, entries=9, digest="ab" * 32, suite="world", public_key="")


def chain(*sizes: int) -> list[Link]:
    """Links of so many entries each."""
    links, previous, total, i = [], NO_DIGEST, 0, 0
    for number, size in enumerate(sizes, 1):
        ids = range(i + 1, i + 1 + size)
        entries = b"".join(LEAF.pack(n // 2, n, WORLD.hash(str(n).encode())) for n in ids)
        i, total = i + size, total + size
        link = Link(number, AT, "world", (ids[0] // 2, ids[0]), (i // 2, i), size, total, entries, previous)
        links.append(replace(link, digest=(previous := link_digest(link))))
    return links


def kinds(faults: list[Fault]) -> list[tuple[str, str]]:
    return sorted((f.kind, f.where) for f in faults)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=8))
def test_a_chain_is_sound_and_holds_every_entry_in_order(sizes: list[int]) -> None:
    links = chain(*sizes)
    assert link_faults(None, links, due=1) == []
    ids = [i for link in links for _, i, _ in leaves_of(link.entries)]
    assert ids == list(range(1, sum(sizes) + 1)) and links[-1].total == sum(sizes)
    # Any part of it is sound after the link before it.
    for n in range(1, len(links)):
        assert link_faults(links[n - 1], links[n:], due=n + 1) == []


@pytest.mark.parametrize("suite", SUITES)
def test_every_part_of_a_link_is_in_its_digest(suite: str) -> None:
    link = replace(chain(3)[0], suite=suite)
    others = [replace(link, number=2), replace(link, at=AT + timedelta(microseconds=1)), replace(link, count=2),
              replace(link, total=4), replace(link, previous=b"x" * 32), replace(link, entries=link.entries[::-1]),
              replace(link, suite=next(s for s in SUITES if s != suite))]  # fmt: skip
    assert len({link_digest(one) for one in [link, *others]}) == len(others) + 1


def test_a_link_that_is_gone_exchanged_or_torn_is_named() -> None:
    a, b, c, d = chain(2, 3, 1, 4)
    assert kinds(link_faults(None, [a, b, d], due=1)) == [("removed", "3")]
    assert kinds(link_faults(None, [b, c, d], due=1)) == [("removed", "1")]
    assert kinds(link_faults(None, [c, d], due=3)) == [("removed", "2")]
    assert kinds(link_faults(None, [a, replace(b, digest=b"x" * 32), c, d], due=1)) == [
        ("changed", "2"),
        ("changed", "2"),
    ]
    assert ("changed", "2") in kinds(link_faults(None, [a, replace(b, entries=b.entries[:-1]), c, d], due=1))
    other = replace(b, at=AT + timedelta(1))
    made_anew = replace(other, digest=link_digest(other))
    assert kinds(link_faults(None, [a, made_anew, c, d], due=1)) == [("changed", "2")]
    unknown = replace(b, suite="none")
    assert ("changed", "2") in kinds(link_faults(None, [a, unknown, c], due=1))


LEAVES: list[Leaf] = [(1, 10, b"a"), (1, 11, b"b"), (2, 12, b"c"), (3, 13, b"d")]


@pytest.mark.parametrize(
    "found, said",
    [
        (LEAVES, []),
        ([*LEAVES[:2], (2, 12, b"x"), LEAVES[3]], [("changed", "2:12")]),
        ([*LEAVES[:2], LEAVES[3]], [("removed", "2:12")]),
        ([*LEAVES, (2, 99, b"x")], [("inserted", "2:99")]),
        ([LEAVES[0], (1, 11, b"c"), (2, 12, b"b"), LEAVES[3]], [("reordered", "1:11"), ("reordered", "2:12")]),
        ([*LEAVES[:2], (9, 12, b"c"), LEAVES[3]], [("reordered", "2:12")]),
        ([*LEAVES[:2], (2, 99, b"c"), LEAVES[3]], [("reordered", "2:12")]),
        ([LEAVES[0], (1, 11, b"c"), LEAVES[3]], [("removed", "1:11"), ("reordered", "2:12")]),
        (
            [(1, 10, b"x"), (2, 12, b"c"), (2, 99, b"y")],
            [("changed", "1:10"), ("inserted", "2:99"), ("removed", "1:11"), ("removed", "3:13")],
        ),
    ],
)
def test_what_was_done_to_entries_is_named(found: list[Leaf], said: list[tuple[str, str]]) -> None:
    assert kinds(named(set(LEAVES) - set(found), set(found) - set(LEAVES))) == said


@given(st.permutations(LEAVES), st.sets(st.integers(0, 3)))
def test_nothing_that_was_touched_goes_unnamed(order: list[Leaf], cut: set[int]) -> None:
    found = [(LEAVES[n][0], LEAVES[n][1], d) for n, (_, _, d) in enumerate(order) if n not in cut]
    gone, new = set(LEAVES) - set(found), set(found) - set(LEAVES)
    said = {f.where for f in named(gone, new)}
    assert said >= {f"{t}:{i}" for t, i, _ in gone} and bool(said) == bool(gone or new)


def body(**other: object) -> bytes:
    """Canonical bytes of an entry."""
    said = {"service": "s", "actor": "a", "device": None, "purpose": "p" * 130, "at": AT, "about": ["x", "y"],
            "told": {"n": 1e23, "of": None, "deep": {"share": 0.1}}}  # fmt: skip
    return msgspec.json.encode(said | other, order="deterministic")


ROW = ("s", "a", None, "p" * 120, AT, "x,y", '{"n": 100000000000000000000000, "of": null, "deep": {"share": 0.10}}')


def test_columns_say_what_the_bytes_say_whatever_the_database_makes_of_numbers() -> None:
    assert differing(body(), *ROW) == ""
    zone = AT.astimezone(datetime.strptime("+0800", "%z").tzinfo)
    assert differing(body(at=zone), *ROW) == ""
    assert differing(body(more=1), *ROW) == "canonical" and differing(b"\xff", *ROW) == "canonical"
    assert differing(body(told={}), *ROW) == "told" and differing(body(), *ROW[:4], None, *ROW[5:]) == "at"


def test_a_digest_fits_in_the_suite_it_was_made_in() -> None:
    assert all(digest_fits(b"x", s.hash(b"x")) for s in SUITES.values()) and not digest_fits(b"x", b"")
    zone = AT.astimezone(datetime.strptime("+0800", "%z").tzinfo)
    assert row_bytes({"b": 1, "at": AT}) == row_bytes({"at": zone, "b": 1}) != row_bytes({"at": AT, "b": 2})


@pytest.mark.parametrize("suite", SUITES)
def test_a_head_is_good_for_its_key_and_its_link_alone(suite: str) -> None:
    key = suite_of(suite).new_signing_key()
    head = signed(msgspec.structs.replace(HEAD, suite=suite, public_key=key.public.hex()), key)
    known, link = {(suite, key.public)}, (bytes.fromhex(head.digest), 9)
    assert head_faults(head, link, known=known) == [] and read_head(head_text(head).encode()) == head
    for other in ({"number": 2}, {"at": AT + timedelta(1)}, {"link": 4}, {"entries": 8}, {"digest": "cd" * 32}):
        assert signature_fault(msgspec.structs.replace(head, **other), known) == "the signature does not hold"
    assert signature_fault(head, set()) == "signed by a key that is not this site's"
    assert signature_fault(msgspec.structs.replace(head, signature="no hex"), known) == "it is no signature"
    assert [f.kind for f in head_faults(head, None, known=known)] == ["removed"]
    assert [f.kind for f in head_faults(head, (link[0], 8), known=known)] == ["changed"]
    with pytest.raises(ValueError, match=r".+"):
        read_head(b"{}")


def test_a_head_is_due_after_an_hour() -> None:
    assert head_due(None, AT) and head_due(AT, AT + timedelta(hours=1)) and not head_due(AT, AT + timedelta(minutes=59))
