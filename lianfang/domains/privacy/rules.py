"""How personal values are masked, and which words of theirs may be looked up. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

from lianfang.kernels.names import folded


def masked_name(name: str) -> str:
    """吴*成, 钱*; a Latin name keeps its first letter."""
    if not name:
        return ""
    if len(name) <= 2:
        return name[0] + "*"
    return name[0] + "*" + name[-1] if not name.isascii() else name[0] + "***"


def masked(field: str, value: str) -> str:
    """A personal value as those see it who may not read it whole: numbers end in four digits, dates in the year."""
    if field == "name":
        return masked_name(value)
    if field == "birth_date":
        return value[:4]
    if field in ("id_number", "phone"):
        return "…" + value[-4:] if value else ""
    return "…" if value else ""


@lru_cache(maxsize=65536)
def _syllables(name: str) -> tuple[str, ...]:
    return tuple(s.lower() for s in lazy_pinyin(name, style=Style.NORMAL) if s.strip())


def index_words(name: str, id_number: str, phone: str) -> list[str]:
    """The words a person is found under: whole name, character pairs, pinyin syllables, last four, both, phone."""
    name = folded(name)
    words = ["n" + name] if name else []
    words += ["c" + name[i : i + 2] for i in range(len(name) - 1)]
    words += ["y" + s for s in _syllables(name)]
    if len(id_number) >= 4:
        words.append("i" + folded(id_number)[-4:])
        words.append(same_person_word(name, id_number))
    if phone:
        words.append("t" + re.sub(r"\D", "", phone))
    return list(dict.fromkeys(words))


def exact_word(name: str, tail: str = "") -> str:
    """The word of a whole name, or of it together with the end of an identity number."""
    return same_person_word(name, tail) if tail else "n" + folded(name)


def same_person_word(name: str, id_number: str) -> str:
    """One word for name and last four digits together: in a city of a million it names one or two people."""
    return "k" + folded(name) + folded(id_number)[-4:]


def same_caller_word(name: str, phone: str) -> str:
    """One word for name and phone together: who serves and who stands on the register is one person by it."""
    return "c" + folded(name) + re.sub(r"\D", "", folded(phone))[-11:]


def asked_words(text: str) -> list[str]:
    """The index words a search text asks for, all of which must hold; empty if it is too short to look for.

    Digits: four are the end of an id number, more are a phone (an 18-digit id number: its last four). Chinese: every
    pair of neighbouring characters. Letters: each word is a pinyin syllable.
    """
    plain = folded(text)
    digits = re.sub(r"\D", "", plain)
    if digits and re.fullmatch(r"[\dx+-]+", plain):
        if len(plain) == 18 or len(digits) == 4 or (len(plain) == 4 and plain.endswith("x")):
            return ["i" + plain[-4:]]
        return ["t" + digits] if len(digits) >= 7 else []
    if plain.isascii():
        return ["y" + s for s in re.findall(r"[a-z]+", text.lower())]
    return ["c" + plain[i : i + 2] for i in range(len(plain) - 1)]
