"""Data keys in files outside the database: no backup of it holds one, and none brings a destroyed one back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from lianfang.base.errors import Busy

MARK = "lianfang-keys"  # stands in each folder of a store


class KeysUnreachable(Busy):
    """A folder of the key store cannot be written: no key is made and none counts as destroyed until it can."""

    code = "base.keys_unreachable"


@dataclass(frozen=True)
class KeyStore:
    """Wrapped keys, one small file each, the same in every folder (a second one on another disk survives the first).

    What is in a file opens nothing by itself: it is wrapped by the site's key.
    """

    folders: Sequence[Path]

    def put(self, key_id: UUID, wrapped: bytes) -> None:
        """Keep a key in every folder, on the disk before this returns. Raises KeysUnreachable."""
        self._begin()
        for folder in self.folders:
            try:
                there = os.open(self._file(folder, key_id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(there, "wb") as file:
                    file.write(wrapped)
                    file.flush()
                    os.fsync(file.fileno())
                _settle(folder)
            except OSError as e:
                raise KeysUnreachable(folder=str(folder)) from e

    def get(self, key_id: UUID) -> bytes | None:
        """A wrapped key, from the first folder that has it; None where none does."""
        for folder in self.folders:
            try:
                return self._file(folder, key_id).read_bytes()
            except OSError:
                continue
        return None

    def has(self, key_id: UUID) -> bool:
        """Whether any folder still has a key: asked before a key in memory is used."""
        return any(self._file(folder, key_id).exists() for folder in self.folders)

    def destroy(self, key_id: UUID) -> None:
        """Overwrite and remove a key in every folder. Raises KeysUnreachable where a folder is not there.

        Edge: a key that is gone already is left; the disk itself may keep old blocks, wrapped as they were.
        """
        for folder in self.folders:
            file = self._file(folder, key_id)
            try:
                (folder / MARK).stat()  # the empty folder of a disk that is not there would count as destroyed
                if file.exists():
                    with file.open("r+b") as open_file:
                        open_file.write(b"\0" * file.stat().st_size)
                        open_file.flush()
                        os.fsync(open_file.fileno())
                    file.unlink()
                    _settle(folder)
            except OSError as e:
                raise KeysUnreachable(folder=str(folder)) from e

    def _begin(self) -> None:
        """The first key marks every folder; from then a folder without its mark is one whose disk is not there."""
        try:
            if any((f / MARK).exists() for f in self.folders):
                for folder in self.folders:
                    (folder / MARK).stat()
                return
            for folder in self.folders:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                (folder / MARK).touch(0o600)
                _settle(folder)
        except OSError as e:
            raise KeysUnreachable(folder=str(e.filename)) from e

    def _file(self, folder: Path, key_id: UUID) -> Path:
        return folder / f"{key_id}.key"


def _settle(folder: Path) -> None:
    """Bring the folder's own entry to the disk: a file is not made or gone before."""
    there = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(there)
    finally:
        os.close(there)


def key_store() -> KeyStore:
    """The site's store, by its settings."""
    return KeyStore(tuple(Path(p) for p in settings.KEY_FOLDERS))
