"""A checker of published duty rosters that shares nothing with the kernel: own reading, own rules, own costs."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path


def judged(file: Path, roster: list[list[int]]) -> tuple[int, int]:
    """How many hard rules a roster breaks, and what it costs; shifts by their place in the file, -1 for off."""
    text = re.sub(r"#.*", "", file.read_text(encoding="utf-8"))
    parts = {p.split("\n", 1)[0].strip(): p.split("\n", 1)[1].split() for p in text.split("SECTION_")[1:]}
    kinds = [row.split(",") for row in parts["SHIFTS"]]
    names = [k[0] for k in kinds]
    words = {row.split(",")[0]: [names[s] if s >= 0 else "" for s in line] for row, line in zip(parts["STAFF"], roster)}
    broken = sum(_broken(row.split(","), words[row.split(",")[0]], kinds) for row in parts["STAFF"])
    for row in parts["DAYS_OFF"]:
        who, *days = row.split(",")
        broken += sum(words[who][int(d)] != "" for d in days)
    cost = 0
    for who, day, kind, weight in (r.split(",") for r in parts.get("SHIFT_ON_REQUESTS", [])):
        cost += int(weight) * (words[who][int(day)] != kind)
    for who, day, kind, weight in (r.split(",") for r in parts.get("SHIFT_OFF_REQUESTS", [])):
        cost += int(weight) * (words[who][int(day)] == kind)
    for day, kind, heads, under, over in (r.split(",") for r in parts["COVER"]):
        there = sum(line[int(day)] == kind for line in words.values())
        cost += max(int(heads) - there, 0) * int(under) + max(there - int(heads), 0) * int(over)
    return broken, cost


def _broken(staff: list[str], line: list[str], kinds: list[list[str]]) -> int:
    """Rules one line breaks, by text: a day on duty is x, a day off a dot."""
    _, limits, most, least, run, short, rest, weekends = staff
    length = {k[0]: int(k[1]) for k in kinds}
    after = {k[0]: set(k[2].split("|")) - {""} for k in kinds}
    marks = "".join("x" if s else "." for s in line)
    inner_work, inner_rest = re.findall(r"(?<=\.)x+(?=\.)", marks), re.findall(r"(?<=x)\.+(?=x)", marks)
    minutes = sum(length[s] for s in line if s)
    wrong = sum(bool(a and b and b in after[a]) for a, b in pairwise(line))
    wrong += sum(len(block) > int(run) for block in re.findall("x+", marks))
    wrong += sum(len(block) < int(short) for block in inner_work) + sum(len(block) < int(rest) for block in inner_rest)
    wrong += (minutes > int(most)) + (minutes < int(least))
    wrong += sum("x" in marks[d : d + 2] for d in range(5, len(marks), 7)) > int(weekends)
    return wrong + sum(line.count(k) > int(n) for k, n in (pair.split("=") for pair in limits.split("|")))
