"""What a plea in free text asks for, how dangerous it is and whom it is about: cues found in it, each with its weight.

No model is hidden here: a reading is the sum of the cues an edition lists, and every cue that counted is given back.
Works offline, on a phone's few characters or a page of them. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from lianfang.kernels.names import folded

GAP = 8  # so many characters may stand where a cue has "…"
NO = ("没有", "没", "不是", "不", "无", "未", "别", "not", "no")  # just before a cue they turn it round
AXES = ("kind", "danger", "group")


@dataclass(frozen=True)
class Cue:
    """Words that speak for one value on one axis.

    words: any of them counts, once; "…" stands for up to eight characters of the same clause. weight: whole, 1 to 9;
    unless: with one of these in the text it does not count. is_turned: a "not" just before it makes it silent
    (发烧, not 没发烧); cues that hold their own "not" (没药了) say False.
    """

    axis: str
    value: str
    words: tuple[str, ...]
    weight: int
    unless: tuple[str, ...] = ()
    is_turned: bool = True


@dataclass(frozen=True)
class Found:
    """A cue that counted, and the words of the text by which it did."""

    cue: Cue
    words: str


@dataclass(frozen=True)
class Reading:
    """What a plea seems to say: on each axis a value ("" for none), what spoke for it, and how sure the kind is.

    margin: weight of the kind's cues above those of the next kind; 0 means that two speak for it alike, or nothing.
    """

    kind: str
    danger: str
    group: str
    found: tuple[Found, ...]
    margin: int
    next_kind: str = ""


def read_plea(text: str, cues: Sequence[Cue], *, dangers: Sequence[str], enough: int = 3) -> Reading:
    """Read a plea.

    Takes:  text of any length in any script; cues of the edition; dangers, the worst first.
    Gives:  the kind with the greatest weight (ties: the one whose first cue stands earlier in the list), the worst
            danger whose cues weigh `enough` together with those of worse ones, the group with the greatest weight.
    Edge:   an empty text, an emoji or a script no cue knows gives empty values and no finds: a person decides.
    Source: own; measured on tests/data/pleas (docs/figures.md).
    """
    plain = folded(text)
    found = tuple(f for c in cues if (f := _found(c, plain)) is not None)
    sums: dict[str, dict[str, int]] = {a: {} for a in AXES}
    for f in found:
        axis = sums[f.cue.axis]
        axis[f.cue.value] = axis.get(f.cue.value, 0) + f.cue.weight
    kinds = sorted(sums["kind"].items(), key=lambda kv: -kv[1])
    margin = kinds[0][1] - (kinds[1][1] if len(kinds) > 1 else 0) if kinds else 0
    groups = sorted(sums["group"].items(), key=lambda kv: -kv[1])
    return Reading(
        kinds[0][0] if kinds else "",
        _danger(sums["danger"], dangers, enough),
        groups[0][0] if groups else "",
        found,
        margin,
        kinds[1][0] if len(kinds) > 1 else "",
    )


def _danger(weights: Mapping[str, int], dangers: Sequence[str], enough: int) -> str:
    """The worst danger that weighs enough; a worse one that alone does not is added to the next."""
    carried = 0
    for d in dangers:
        carried += weights.get(d, 0)
        if weights.get(d) and carried >= enough:
            return d
    return next((d for d in reversed(dangers) if weights.get(d)), "")


def _found(cue: Cue, plain: str) -> Found | None:
    if any(folded(u) in plain for u in cue.unless):
        return None
    for word in cue.words:
        for m in _pattern(word).finditer(plain):
            if not (cue.is_turned and plain[: m.start()].endswith(NO)):
                return Found(cue, m.group(0))
    return None


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    parts = [re.escape(p) for p in folded(word).replace("...", "…").split("…")]
    return re.compile(rf"[^,.;!?,。;!?、\n]{{0,{GAP}}}?".join(parts))


def cues_of(entries: Iterable[Mapping[str, object]]) -> tuple[Cue, ...]:
    """Cues from the lines of an edition. Raises ValueError for an axis that is none or a weight outside 1 to 9."""
    out = []
    for e in entries:
        cue = Cue(str(e["axis"]), str(e["value"]), tuple(map(str, _list(e["words"]))), int(str(e.get("weight", 3))),
                  tuple(map(str, _list(e.get("unless", ())))), bool(e.get("turned", True)))  # fmt: skip
        if cue.axis not in AXES or not 1 <= cue.weight <= 9 or not all(cue.words):
            raise ValueError(f"{cue.axis} {cue.value}")
        out.append(cue)
    return tuple(out)


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()
