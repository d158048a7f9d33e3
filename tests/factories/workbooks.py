"""Workbooks as an ill-meaning hand writes them: each part as bytes, packed with any size stated."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from itertools import pairwise

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
SPACE = "http://schemas.openxmlformats.org"
MAIN, PACKAGE, OFFICE = (
    f"{SPACE}/spreadsheetml/2006/main", f"{SPACE}/package/2006", f"{SPACE}/officeDocument/2006/relationships"
)  # fmt: skip
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def cell(name: str, text: str) -> str:
    """A cell with text, under its name or (empty) at the next place."""
    named = f' r="{name}"' if name else ""
    return f'<c{named} t="inlineStr"><is><t>{text}</t></is></c>'


def sheet(rows: str, *, before: str = "", dimension: str = "") -> str:
    """A sheet of rows; `before` stands where a document type may."""
    said = f'<dimension ref="{dimension}"/>' if dimension else ""
    return f'{HEAD}{before}<worksheet xmlns="{MAIN}">{said}<sheetData>{rows}</sheetData></worksheet>'


def book(rows: str = "", *, before: str = "", dimension: str = "", more: Mapping[str, bytes] | None = None) -> bytes:
    """A packed workbook of one sheet, and whatever else is to lie in it."""
    out = io.BytesIO()
    parts = {n: p.encode() for n, p in PARTS.items()}
    parts["xl/worksheets/sheet1.xml"] = sheet(rows, before=before, dimension=dimension).encode()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, part in {**parts, **(more or {})}.items():
            packed.writestr(name, part)
    return out.getvalue()


def laughs() -> str:
    """Entities that unfold to a thousand million letters, and one that asks for a file of the machine."""
    names = "abcdefghij"
    folds = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise(names))
    return f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{folds}<!ENTITY file SYSTEM "file:///etc/hostname">]>'
