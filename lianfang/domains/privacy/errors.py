"""Refusals about personal data."""

from lianfang.base.errors import Conflict, Invalid


class KeyGone(Conflict):
    """The key of this scope and class was destroyed, or was never made: nothing can be sealed under it."""

    code = "privacy.key_gone"


class SearchTooShort(Invalid):
    """A name needs two characters or a syllable, a number its last four digits."""

    code = "privacy.search_too_short"
