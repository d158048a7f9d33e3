"""Text as people type it, brought to one form for comparison. Pure."""

from __future__ import annotations

import re
import unicodedata

VARIANTS = str.maketrans({"迴": "回", "囬": "回", "尔": "", "爾": "", "區": "区", "鎮": "镇", "鄉": "乡", "街": "街"})
# Longest first: a village is typed with or without its body's suffix.
SUFFIXES = (
    "社区居民委员会",
    "村村民委员会",
    "居民委员会",
    "村民委员会",
    "社区居委会",
    "村民居委会",
    "居委会",
    "村委会",
    "社区",
    "街道办事处",
    "街道办",
    "街道",
    "村",
)


def folded(text: str) -> str:
    """Half-width, lower case, no white space.

    Edge: full-width digits and letters become half-width (NFKC); dashes of all kinds become "-".
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[‐‑‒–—―－]", "-", re.sub(r"\s+", "", plain))


def name_key(text: str) -> str:
    """The key under which a division is found: suffix and variant characters gone.

    坚木克街道 and 坚木克尔街道 give one key, so do 回龙塔社区 and 迴龙塔社区居委会.
    Edge: a name that is nothing but a suffix keeps itself.
    """
    key = folded(text).translate(VARIANTS)
    for suffix in SUFFIXES:
        if key.endswith(suffix) and len(key) > len(suffix):
            return key[: -len(suffix)]
    return key
