"""Papers: a page with its square as a PDF, tagged for screen readers, its letters in it; no browser, no system font."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import noto_cjk_sans_otc
import segno
import typst

HERE = Path(__file__).parent
STANDARDS = ["ua-1"]  # ISO 14289-1


def square_of(address: str) -> str:
    """An address as a drawing that any camera reads."""
    drawn: str = segno.make_qr(address, error="m").svg_inline(border=2)
    return drawn.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)


def paper(name: str, told: Mapping[str, Any]) -> bytes:
    """One of our papers (`name` is its file here), filled; of the font only the letters it uses are in it."""
    made = typst.compile(
        str(HERE / f"{name}.typ"),
        font_paths=[str(noto_cjk_sans_otc.FONT_PATH.parent)],
        ignore_system_fonts=True,
        sys_inputs={"told": json.dumps(told, ensure_ascii=False)},
        pdf_standards=STANDARDS,
    )
    assert isinstance(made, bytes), "one file was asked for"
    return made
