"""The document of the interface for programs, as a file."""

from __future__ import annotations

import argparse
import json

from lianfang.api.urls import document


def text() -> str:
    """The document with its keys in order, so that two builds of one state are the same bytes."""
    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def openapi(chosen: argparse.Namespace) -> int:
    """Print it."""
    print(text(), end="")
    return 0
