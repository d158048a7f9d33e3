"""What a test code says, tubes' codes, and what a laboratory's file must say: on plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

AUDIENCE = "sampling"  # of a test code
PERSON, NAME, TAIL, PROOF = (
    -65537,
    -65538,
    -65539,
    -65540,
)  # its claims, of the numbers that are for private use (RFC 8392)
TUBE = re.compile(r"[A-Z0-9][A-Z0-9-]{3,29}")
RESULTS = ("negative", "positive", "invalid")
RESULT_WORDS = {
    "negative": ("negative", "neg", "-", "阴性", "阴"),
    "positive": ("positive", "pos", "+", "阳性", "阳"),
    "invalid": ("invalid", "无效", "需复采"),
}
TUBE_HEADS = ("tube", "tube_code", "barcode", "管号", "采样管号", "条码")
RESULT_HEADS = ("result", "结果", "检测结果")
MOST_ROWS = 300_000


def tube_text(text: str) -> str:
    """A tube's code as it is kept; "" for what is none."""
    plain = "".join(text.split()).upper()
    return plain if TUBE.fullmatch(plain) else ""


@dataclass(frozen=True)
class ResultRow:
    """One row of a laboratory's file: its number there, the tube, and the result in our words ("" if not known)."""

    number: int
    tube: str
    result: str


def _column(head: Sequence[str], names: Sequence[str]) -> int:
    plain = [str(h).strip().lower() for h in head]
    return next((plain.index(n) for n in names if n in plain), -1)


def columns_of(head: Sequence[str]) -> tuple[int, int]:
    """Where the tube and the result stand in a file's head; -1 for one that is not there."""
    return _column(head, TUBE_HEADS), _column(head, RESULT_HEADS)


def result_rows(rows: Sequence[Sequence[str]], tube: int, result: int) -> list[ResultRow]:
    """The rows of a file below its head (number 2 on), blank ones left out."""
    out = []
    for number, row in enumerate(rows, 2):
        cells = [str(c).strip() for c in row]
        if not any(cells):
            continue
        said = cells[result].lower() if result < len(cells) else ""
        word = next((r for r, words in RESULT_WORDS.items() if said in words), "")
        out.append(ResultRow(number, tube_text(cells[tube]) if tube < len(cells) else "", word))
    return out


def statement_of(counts: Mapping[str, int], *, left: int, waiting: int) -> bool:
    """Whether all results of a round are in and negative, so that it may be said in public."""
    return not left and not waiting and not counts.get("positive") and not counts.get("invalid") and bool(counts)
