"""Collect every msgid of the house into locale/zh_Hans: `python locale/words.py` merges, `--check` only reports.

Reads Python sources and Django templates, keeps translations that stand, drops msgids nobody uses any more. Exit 1 if a
msgid has no Chinese, so that it can stand in a gate.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings

PROJECT = Path(__file__).resolve().parents[1]
PO = PROJECT / "locale/zh_Hans/LC_MESSAGES/django.po"
KEYWORDS = {
    **dict.fromkeys(("gettext", "gettext_lazy", "gettext_noop", "_")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy", "npgettext"), ((1, "c"), 2)),
}


def sources() -> list[Path]:
    """Python files and templates that may hold sentences."""
    found = [*PROJECT.glob("lianfang/**/*.py"), *PROJECT.glob("lianfang/*/templates/**/*.html")]
    return sorted(p for p in found if "migrations" not in p.parts)


def _python_of(path: Path) -> bytes:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        from django.utils.translation.template import templatize

        text = templatize(text)
    return text.encode()


def collected() -> Catalog:
    """All msgids with the files they stand in."""
    catalog = Catalog(locale="zh_Hans", project="lianfang", version="", charset="utf-8", fuzzy=False)
    for path in sources():
        place = str(path.relative_to(PROJECT))
        for _line, message, _notes, context in extract(
            "python", io.BytesIO(_python_of(path)), keywords=KEYWORDS, options={"encoding": "utf-8"}
        ):
            first = message if isinstance(message, str) else message[0]
            if first:
                catalog.add(message, locations=[(place, 0)], context=context)
    return catalog


def merged(known: Catalog) -> Catalog:
    """The collected catalog with the translations that stand."""
    fresh = collected()
    for m in fresh:
        old = known.get(m.id, context=m.context) if m.id else None
        if old is None:
            continue
        m.string = old.string if m.pluralizable == old.pluralizable else ""
    return fresh


def missing_in(catalog: Catalog) -> list[str]:
    """Msgids without Chinese."""
    empty = []
    for m in catalog:
        texts = [m.string] if isinstance(m.string, str) else list(m.string or [""])
        if m.id and not all(texts):
            empty.append(m.id if isinstance(m.id, str) else m.id[0])
    return empty


def main() -> int:
    """Merge or check; print what is missing."""
    settings.configure(USE_I18N=False)
    django.setup()
    known = read_po(PO.open("rb"), locale="zh_Hans") if PO.exists() else Catalog(locale="zh_Hans")
    catalog = merged(known)
    if "--check" not in sys.argv:
        PO.parent.mkdir(parents=True, exist_ok=True)
        catalog.header_comment = "# Chinese (simplified) of lianfang. Collected and checked by locale/words.py."
        catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
        with PO.open("wb") as out:
            write_po(out, catalog, sort_output=True, omit_header=False, width=120, include_lineno=False)
    empty = missing_in(catalog)
    print("\n".join(empty))  # noqa: T201
    return 1 if empty else 0


if __name__ == "__main__":
    sys.exit(main())
