"""Tests side by side: each process of pytest-xdist has a server of its own, and runs whole files.

What seals the log waits for the oldest transaction of its whole server, so tests that hold theirs open in another
process would hold it back. Loaded by name (`-p tests.workers`), before Django reads where its state lies.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

TOGETHER = ("tests/matrix",)  # what counts its attempts over several files

if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    state = Path(os.environ.get("LIANFANG_STATE", Path(__file__).parents[1] / ".state"))
    os.environ["LIANFANG_STATE"] = str(state.with_name(f"{state.name}-{worker}"))


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests share what they set up, so they stay in one process."""
    root = Path(__file__).parents[1]
    for item in items:
        file = item.path.relative_to(root).as_posix()
        group = next((folder for folder in TOGETHER if file.startswith(folder)), file)
        item.add_marker(pytest.mark.xdist_group(group))
