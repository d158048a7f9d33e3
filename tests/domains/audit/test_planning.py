"""Whoever owns the database and lifts its triggers is found, entry by entry; what only a published head shows."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.base.models import LogEntry
from lianfang.base.signing_keys import known_keys, make_signing_key, signing_key
from lianfang.base.suites import SUITES, suite_of
from lianfang.domains.audit.models import ChainHead, ChainLink
from lianfang.domains.audit.planning import (
    Verdict,
    head_of_row,
    new_head,
    verify_log,
)
from lianfang.domains.audit.queries import last_head, last_link
from lianfang.domains.audit.rules import LEAF, Link, link_digest, signed
from tests.conftest import T0
from tests.domains.audit.conftest import cursors, faults, link, link_once, read, sign, tamper, write

pytestmark = pytest.mark.database
Sealed = Callable[[], Verdict]


def where(n: int) -> str:
    """The cursor of the n-th entry in words."""
    return "{}:{}".format(*cursors()[n])


def test_an_untouched_log_is_sound_and_everything_is_counted(sealed_log: Sealed) -> None:
    v, all_of = sealed_log(), LogEntry.objects.count()
    assert v.is_sound and (v.entries, v.links, v.heads, v.waiting, v.rows, v.rows_before) == (all_of, 5, 1, 0, 1, 0)
    assert len(cursors()) == 13
    write(2)
    assert (sealed_log().entries, sealed_log().waiting, sealed_log().is_sound) == (all_of + 2, 2, True)


CHANGES = (
    ("service = 'calls.claim_shift'", "service"),
    ("actor_id = gen_random_uuid()", "actor_id"),
    ("device = gen_random_uuid()", "device"),
    ("purpose = ''", "purpose"),
    ("at = at + interval '1 microsecond'", "at"),
    ("at = 'infinity'", "at"),
    ("about = '{}'", "about"),
    ("told = jsonb_set(told, '{count}', '77')", "told"),
    ("told = '[]'", "told"),
    ("digest = sha256('other')", "digest"),
)


def test_each_changed_column_is_found_and_named(sealed_log: Sealed) -> None:
    for n, (change, _) in enumerate(CHANGES):
        tamper("base_logentry", f"UPDATE base_logentry SET {change} WHERE id = {cursors()[n][1]}")
    assert faults() == sorted(f"changed: entry {where(n)} ({column})" for n, (_, column) in enumerate(CHANGES))


def test_bytes_that_are_no_entry_are_found(sealed_log: Sealed) -> None:
    bodies = (r"'\xff00'", "'not json'", "'{}'", "convert_to('{\"service\":1}', 'UTF8')")
    for n, body in enumerate(bodies):
        tamper("base_logentry", f"UPDATE base_logentry SET canonical = {body}::bytea WHERE id = {cursors()[n][1]}")
    assert faults() == sorted(f"changed: entry {where(n)}" for n in range(len(bodies)))


def forge(n: int, suite: str) -> None:
    """Another title in columns, bytes and digest alike, as the service itself would have written them."""
    entry = LogEntry.objects.get(id=cursors()[n][1])
    body = bytes(entry.canonical).replace("第".encode(), "另".encode())
    digest = suite_of(suite).hash(body)
    tamper(
        "base_logentry",
        f"UPDATE base_logentry SET told = replace(told::text, '第', '另')::jsonb, canonical = '\\x{body.hex()}', "
        f"digest = '\\x{digest.hex()}' WHERE id = {entry.id}",
    )


ENDS_AND_MIDDLE = (0, 3, 4, 6, 11)  # the first and last of a link, and one between


def test_a_change_of_bytes_and_digest_together_is_found(sealed_log: Sealed) -> None:
    for n in ENDS_AND_MIDDLE:
        forge(n, last_link().suite)  # type: ignore[union-attr]  # there is one
    assert faults() == sorted(f"changed: entry {where(n)}" for n in ENDS_AND_MIDDLE)


def test_a_removed_entry_is_found(sealed_log: Sealed) -> None:
    gone = [cursors()[n] for n in ENDS_AND_MIDDLE]
    tamper("base_logentry", *(f"DELETE FROM base_logentry WHERE id = {i}" for _, i in gone))
    assert faults() == sorted(f"removed: entry {t}:{i}" for t, i in gone)


def test_an_entry_inserted_among_linked_ones_is_found(sealed_log: Sealed) -> None:
    (t, _), (_, copied) = cursors()[5], cursors()[8]
    tamper(
        "base_logentry",
        "INSERT INTO base_logentry (transaction, id, service, actor_id, device, purpose, at, about, told, canonical, "
        f"digest) SELECT {t}, -1, service, actor_id, device, purpose, at, about, told, canonical, digest "
        f"FROM base_logentry WHERE id = {copied}",
    )
    assert faults() == [f"inserted: entry {t}:-1"]


@pytest.mark.parametrize("one, other", [(5, 6), (1, 9)])
def test_reordered_entries_are_found_within_a_link_and_across_links(sealed_log: Sealed, one: int, other: int) -> None:
    (_, a), (_, b) = cursors()[one], cursors()[other]
    tamper(
        "base_logentry",
        f"UPDATE base_logentry SET id = -1 WHERE id = {a}",
        f"UPDATE base_logentry SET id = {a}, transaction = {cursors()[one][0]} WHERE id = {b}",
        f"UPDATE base_logentry SET id = {b}, transaction = {cursors()[other][0]} WHERE id = -1",
    )
    assert faults() == sorted(f"reordered: entry {where(n)}" for n in (one, other))


def test_a_changed_removed_or_inserted_read_is_found(sealed_log: Sealed) -> None:
    read(uuid4())
    read(uuid4())
    link()
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(id ORDER BY id) FROM audit_personread")
        first, second, third = cursor.fetchone()[0]
    tamper("audit_personread", f"UPDATE audit_personread SET fields = '{{name}}' WHERE id = {first}",
           f"DELETE FROM audit_personread WHERE id = {second}",
           "INSERT INTO audit_personread (actor_id, at, purpose, door, fields, subjects) SELECT "
           f"actor_id, at, purpose, door, fields, subjects FROM audit_personread WHERE id = {third}")  # fmt: skip
    assert faults() == [f"changed: read {first}", f"inserted: read {third + 1}", f"removed: read {second}"]
    tamper("audit_personread", f"UPDATE audit_personread SET at = 'infinity' WHERE id = {third}")
    assert f"changed: read {third}" in faults()


def test_a_read_from_before_digests_were_told_is_counted_and_is_no_fault(sealed_log: Sealed) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_personread (actor_id, at, purpose, door, fields, subjects) VALUES "
            "(gen_random_uuid(), %s, '', 'household', '{name}', '{}')",
            [T0 - timedelta(days=1)],
        )
    assert (sealed_log().rows_before, sealed_log().is_sound) == (1, True)


def published() -> list[object]:
    """The newest head, as somebody outside has kept it."""
    row = last_head()
    assert row
    return [head_of_row(row)]


def cut(keep: int) -> None:
    """Remove all links, heads and entries after a link, as if they had never been."""
    end = ChainLink.objects.get(number=keep)
    after = f"({end.last_transaction}, {end.last_entry})"
    tamper("base_logentry", f"DELETE FROM base_logentry WHERE (transaction, id) > {after}")
    tamper("audit_chainlink", f"DELETE FROM audit_chainlink WHERE number > {keep}")
    tamper("audit_chainhead", f"DELETE FROM audit_chainhead WHERE link > {keep}")
    tamper("audit_personread", "DELETE FROM audit_personread")


def test_a_tail_cut_off_with_its_links_and_heads_is_found_by_a_published_head_alone(sealed_log: Sealed) -> None:
    kept = published()
    cut(3)
    assert sealed_log().is_sound  # nothing inside tells that there was more
    assert faults(published=kept) == ["removed: link 5 (head 1 was signed over it)"]


def test_an_older_database_that_grew_again_is_found_by_a_newer_published_head(sealed_log: Sealed) -> None:
    kept = published()
    cut(3)
    for _ in range(2):
        write(3)
        link()
    assert sealed_log().is_sound
    assert faults(published=kept) == ["changed: link 5 (head 1 was signed over another)"]


def test_links_removed_under_a_kept_head_are_found(sealed_log: Sealed) -> None:
    tamper("audit_chainlink", "DELETE FROM audit_chainlink WHERE number = 5")
    assert faults() == ["removed: link 5 (head 1 was signed over it)"]
    tamper("audit_chainlink", "DELETE FROM audit_chainlink WHERE number = 2")
    said = faults()
    assert "removed: link 2" in said and sum("inserted: entry" in f for f in said) == 4


def test_a_changed_link_is_found_whatever_was_changed(sealed_log: Sealed) -> None:
    changes = ("digest = sha256('x')", "count = 3", "total = 5", "at = at + interval '1 day'", "at = 'infinity'",
               "suite = 'none'", "previous = sha256('x')", "first_entry = 0", "entries = ''")  # fmt: skip
    for change in changes:
        name = change.split(" = ")[0]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {name} FROM audit_chainlink WHERE number = 3")
            ((was,),) = cursor.fetchall()
        tamper("audit_chainlink", f"UPDATE audit_chainlink SET {change} WHERE number = 3")
        assert "changed: link 3" in faults(), change
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_chainlink DISABLE TRIGGER append_only")
            cursor.execute(f"UPDATE audit_chainlink SET {name} = %s WHERE number = 3", [was])
            cursor.execute("ALTER TABLE audit_chainlink ENABLE TRIGGER append_only")
    assert sealed_log().is_sound


def test_a_chain_made_anew_after_a_change_does_not_fit_the_signed_head(sealed_log: Sealed) -> None:
    suite = last_link().suite  # type: ignore[union-attr]  # there is one
    forge(2, suite)
    before = bytes(32)
    for row in ChainLink.objects.order_by("number"):
        span = {"transaction__gte": row.first_transaction, "transaction__lte": row.last_transaction}
        found = LogEntry.objects.filter(**span).order_by("transaction", "id")
        made_of = [(e.transaction, e.id, suite_of(suite).hash(bytes(e.canonical))) for e in found]
        leaves = b"".join(LEAF.pack(*leaf) for leaf in made_of)
        made = Link(row.number, row.at, suite, (row.first_transaction, row.first_entry),
                    (row.last_transaction, row.last_entry), row.count, row.total, leaves, before)  # fmt: skip
        digest = link_digest(made)
        tamper("audit_chainlink", f"UPDATE audit_chainlink SET entries = '\\x{leaves.hex()}', "
               f"previous = '\\x{before.hex()}', digest = '\\x{digest.hex()}' WHERE number = {row.number}")  # fmt: skip
        before = digest
    assert faults() == ["changed: link 5 (head 1 was signed over another)"]


def test_a_forged_head_is_found(sealed_log: Sealed) -> None:
    head, link_row = last_head(), last_link()
    assert head and link_row
    stranger = suite_of(head.suite).new_signing_key()
    theirs = signed(head_of_row(head), stranger)
    tamper("audit_chainhead", f"UPDATE audit_chainhead SET signature = '\\x{theirs.signature}'")
    assert faults() == ["signature: head 1 (the signature does not hold)"]
    tamper("audit_chainhead", f"UPDATE audit_chainhead SET public_key = '\\x{stranger.public.hex()}'")
    assert faults() == ["signature: head 1 (signed by a key that is not this site's)"]


def test_heads_are_signed_once_an_hour(sealed_log: Sealed) -> None:
    assert sign(at=T0 + timedelta(minutes=59)) == 0
    assert sign(at=T0 + timedelta(minutes=60)) == 1
    assert list(ChainHead.objects.order_by("number").values_list("number", "link")) == [(1, 5), (2, 5)]
    assert sealed_log().is_sound


def test_only_what_was_linked_since_a_time_is_verified(sealed_log: Sealed) -> None:
    later = T0 + timedelta(days=1)
    write(3, at=later)
    link(at=later)
    write(2, at=later)
    link(at=later + timedelta(hours=1))
    v = verify_log(from_at=later)
    assert (v.entries, v.links, v.heads, v.is_sound) == (5, 2, 0, True)
    forge(0, last_link().suite)  # type: ignore[union-attr]  # there is one
    assert verify_log(from_at=later).is_sound and not verify_log().is_sound
    forge(14, last_link().suite)  # type: ignore[union-attr]  # there is one
    assert faults(from_at=later) == [f"changed: entry {where(14)}"]
    assert verify_log(from_at=later + timedelta(days=9)).entries == 0
    tamper("audit_chainlink", "DELETE FROM audit_chainlink WHERE number = 5")
    assert "removed: link 5" in faults(from_at=later)


def test_an_entry_of_a_transaction_held_open_is_linked_once_it_is_there(own_database: None, own_keys: Path) -> None:
    written, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            write(1)
            written.set()
            go_on.wait(10)
        connection.close()

    link()
    held = threading.Thread(target=slow)
    held.start()
    assert written.wait(10)
    before = last_link().total if last_link() else 0  # type: ignore[union-attr]  # looked at just before
    write(3)
    assert link_once() == 0  # a link over the three would leave the slow one out
    go_on.set()
    held.join()
    assert link() == 4 and last_link().total == before + 4 and verify_log().is_sound  # type: ignore[union-attr]  # four


def test_a_site_that_changes_its_suite_keeps_one_chain(own_database: None, own_keys: Path) -> None:
    write(2)
    link()
    sign()
    write(1)
    with override_settings(SUITE="sm"):
        write(2)
        link()
        sign(at=T0 + timedelta(hours=2))
        v = verify_log()
    assert v.is_sound and {h.suite for h in ChainHead.objects.all()} == set(SUITES)


def test_two_processes_find_what_one_finds(sealed_log: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lianfang.domains.audit.planning.verifying.ALONE", 0)
    forge(2, last_link().suite)  # type: ignore[union-attr]  # there is one
    assert faults(processes=2, stretch=4) == faults(processes=1) == [f"changed: entry {where(2)}"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.integers(1, 6), min_size=1, max_size=5), touched=st.integers(0, 200), size=st.integers(1, 9))
def test_any_sequence_of_batches_gives_the_same_verdict(
    own_database: None, own_keys: Path, batches: list[int], touched: int, size: int
) -> None:
    link()
    begun = len(cursors())
    for n in batches:
        write(n)
        link()
    assert verify_log(stretch=size).is_sound and len(cursors()) == begun + sum(batches)
    n = begun + touched % sum(batches)
    place, (_, i) = where(n), cursors()[n]
    tamper("base_logentry", f"UPDATE base_logentry SET purpose = purpose || 'x' WHERE id = {i}")
    for stretch in (size, 50_000):
        assert faults(stretch=stretch) == [f"changed: entry {place} (purpose)"]
    tamper("base_logentry", f"UPDATE base_logentry SET purpose = 'a test' WHERE id = {i}")


def test_keys_are_made_once_for_the_owner_alone_and_refused_when_open(own_keys: Path) -> None:
    assert make_signing_key("log", "world") is False and len(known_keys("log")) == 2
    file = own_keys / "log-key-world"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    old = signing_key("log", "world")
    # An old key stays known by its public half; a new one is made beside it.
    (retired := own_keys / "log-key-world-2026").write_text(f"world - {old.public.hex()}\n", encoding="ascii")
    retired.chmod(0o600)
    file.unlink()
    assert make_signing_key("log", "world") and signing_key("log", "world") != old and len(known_keys("log")) == 3
    os.chmod(file, 0o644)
    with pytest.raises(ValueError, match="chmod 600"):
        signing_key("log", "world")
    with pytest.raises(ValueError, match="no cipher suite"):
        make_signing_key("log", "rot13")
    file.unlink()
    row = ChainLink(number=1, total=1, digest=bytes(32))
    with pytest.raises(FileNotFoundError):
        new_head(row, before=None, at=T0)
