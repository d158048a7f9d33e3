"""Tests side by side: each process of pytest-xdist has a server of its own, and runs whole files.

What seals the log waits for the oldest transaction of its whole server, so tests that hold theirs open in another
process would hold it back. Loaded by name (`-p tests.workers`), before Django reads where its state lies.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/matrix",)  # what counts its attempts over several files

if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    state = Path(os.environ.get("LIANFANG_STATE", Path(__file__).parents[1] / ".state"))
    os.environ["LIANFANG_STATE"] = str(state.with_name(f"{state.name}-{worker}"))


class ByFile(LoadScopeScheduling):
    """A file's tests share what they set up, so they stay in one process; so do those that count together.

    xdist's own groups write into a field that pytest 9.2 has no more.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """How the controller deals tests out, in the order in which they were found."""
    config.option.loadscopereorder = False
    return ByFile(config, log)
