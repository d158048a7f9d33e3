"""Keys in files: in every folder, gone from every folder, and never half."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from lianfang.base.keystore import KeyStore, KeysUnreachable


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    """A store of two folders."""
    return KeyStore((tmp_path / "one", tmp_path / "two"))


def test_a_key_lies_in_every_folder_readable_by_this_user_alone(store: KeyStore) -> None:
    key = uuid4()
    store.put(key, b"wrapped")
    files = [f for folder in store.folders for f in folder.glob("*.key")]
    assert [f.read_bytes() for f in files] == [b"wrapped", b"wrapped"]
    assert {f.stat().st_mode & 0o777 for f in files} == {0o600}
    assert {folder.stat().st_mode & 0o777 for folder in store.folders} == {0o700}


def test_one_folder_lost_the_other_still_opens(store: KeyStore) -> None:
    key = uuid4()
    store.put(key, b"wrapped")
    next(store.folders[0].glob("*.key")).unlink()
    assert store.get(key) == b"wrapped" and store.has(key)


def test_a_destroyed_key_is_nowhere_and_destroying_it_again_does_nothing(store: KeyStore) -> None:
    key, other = uuid4(), uuid4()
    store.put(key, b"wrapped")
    store.put(other, b"kept")
    store.destroy(key)
    store.destroy(key)
    assert store.get(key) is None and not store.has(key) and store.get(other) == b"kept"


def test_a_folder_that_is_not_there_lets_nothing_count_as_destroyed(store: KeyStore) -> None:
    key = uuid4()
    store.put(key, b"wrapped")
    away = store.folders[1].rename(store.folders[1].with_name("unplugged"))
    with pytest.raises(KeysUnreachable) as refused:
        store.destroy(key)
    assert refused.value.values == {"folder": str(store.folders[1])}
    away.rename(store.folders[1])
    assert store.has(key)
    store.destroy(key)
    assert not store.has(key)


def test_a_key_is_never_written_over(store: KeyStore) -> None:
    key = uuid4()
    store.put(key, b"first")
    with pytest.raises(KeysUnreachable):
        store.put(key, b"second")
    assert store.get(key) == b"first"


def test_the_empty_folder_of_a_disk_that_is_not_there_is_no_place_where_a_key_is_gone(store: KeyStore) -> None:
    key = uuid4()
    store.put(key, b"wrapped")
    away = store.folders[1].rename(store.folders[1].with_name("unplugged"))
    store.folders[1].mkdir()  # the mount point, bare
    with pytest.raises(KeysUnreachable):
        store.destroy(key)
    with pytest.raises(KeysUnreachable):
        store.put(uuid4(), b"not written to the disk below")
    assert list(store.folders[1].iterdir()) == []
    store.folders[1].rmdir()
    away.rename(store.folders[1])
    assert store.has(key)
    store.destroy(key)
    assert not store.has(key)
