"""Workbooks are weighed before they are opened: nothing that a file says of itself is believed."""

from __future__ import annotations

import io
import random
import struct
import zipfile

import openpyxl
import pytest
from python_calamine import CalamineError, CalamineWorkbook

from lianfang.base.workbooks import UnfitWorkbook, _Cells, is_workbook, weigh
from tests.factories.workbooks import book, cell, laughs

FAR = "XFD1048576"


def why(content: bytes, **most: int) -> str:
    """Why a file is not opened; nothing where it is."""
    try:
        weigh(content, **most)
    except UnfitWorkbook as e:
        return e.why
    return ""


def honest(rows: int, columns: int) -> bytes:
    out, made = io.BytesIO(), openpyxl.Workbook(write_only=True)
    page = made.create_sheet()
    for r in range(rows):
        page.append([f"{r}-{c}" for c in range(columns)])
    made.save(out)
    return out.getvalue()


def test_an_honest_workbook_passes() -> None:
    content = honest(3000, 14)
    assert why(content) == "" and is_workbook(content)
    assert why(content, most_cells=3000 * 14) == "" and why(content, most_cells=3000 * 14 - 1) == "big"


@pytest.mark.parametrize(
    "rows",
    [
        f'<row r="1">{cell("A1", "a")}</row><row r="1048576">{cell(FAR, "b")}</row>',
        f'<row r="1">{cell("A1", "a")}{cell(FAR, "b")}</row>',
        f'<row>{cell(FAR.lower(), "b")}</row>',
        f'<x:row r = \'1048576\'><x:c r = \'{FAR}\'><v>1</v></x:c></x:row>',
        f'<row r="1048576">{cell("", "a") * 300}</row>',
        f'<row r="1048576">{cell("XFA1048576", "a")}{cell("", "b") * 3}</row>',
        "<row/>" * 200_000 + f"<row>{cell('', 'a') * 300}</row>",
    ],
)  # fmt: skip
def test_cells_far_apart_are_refused_before_room_is_made_for_them(rows: str) -> None:
    """The reader would allot up to half a terabyte and end the process: no error reaches Python."""
    content = book(rows)
    assert len(content) < 60_000 and why(content) == "big"


def test_empty_cells_and_a_stated_size_take_no_room() -> None:
    """Office programs write both of sheets that were coloured to their last column."""
    content = book(f'<row r="1">{cell("A1", "a")}<c r="XFD1" s="1"/></row>' * 2000, dimension=f"A1:{FAR}")
    assert why(content) == ""
    read = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    assert read.end == (0, 0)


def test_a_bomb_is_refused_though_it_states_a_small_size() -> None:
    content = book(more={"xl/sharedStrings.xml": b" " * 20_000_000})
    assert why(content, most_bytes=10_000_000) == "big" and why(content) == ""
    lying = bytearray(content)
    place = lying.rindex(b"PK\x01\x02")  # the directory's word about the last part
    struct.pack_into("<L", lying, place + 24, 10)
    with zipfile.ZipFile(io.BytesIO(bytes(lying))) as packed:
        assert packed.getinfo("xl/sharedStrings.xml").file_size == 10
    assert why(bytes(lying), most_bytes=10_000_000) == "big"


def test_parts_that_lie_over_each_other_count_each_time() -> None:
    """One packed core that many names point to."""
    out = io.BytesIO()
    out.write(book(more={"core": b" " * 5_000_000}))
    with zipfile.ZipFile(out, "a") as packed:
        core = packed.getinfo("core")
        for n in range(20):
            again = zipfile.ZipInfo(f"more{n}")
            again.header_offset, again.compress_type = core.header_offset, core.compress_type
            again.file_size, again.compress_size, again.CRC = core.file_size, core.compress_size, core.CRC
            packed.filelist.append(again)
        packed._didModify = True  # type: ignore[attr-defined]  # no other way to write a false size
    assert why(out.getvalue(), most_bytes=50_000_000) == "big"


@pytest.mark.parametrize("name", ["content.xml", "word/document.xml", "AndroidManifest.xml", "xl/workbook.bin"])
def test_another_packed_document_is_no_workbook(name: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("[Content_Types].xml", "x")
        packed.writestr(name, "x")
    assert why(out.getvalue()) == "kind"


def test_letters_of_two_bytes_do_not_hide_a_cell() -> None:
    far = f'<row r="1">{cell(FAR, "b")}</row>'
    assert why(book(more={"xl/worksheets/sheet2.xml": far.encode("utf-16")})) == "kind"


def test_entities_are_not_unfolded_and_no_file_of_the_machine_is_read() -> None:
    content = book(f'<row r="1">{cell("A1", "x&j;y")}{cell("B1", "&file;")}</row>', before=laughs())
    with pytest.raises(CalamineError, match="entity"):
        CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_is_refused_or_read_and_breaks_nothing(seed: int) -> None:
    rng = random.Random(seed)
    content = bytearray(book(f'<row r="1">{cell("A1", "a") * 50}</row>'))
    for _ in range(rng.randint(1, 6)):
        content[rng.randrange(4, len(content))] = rng.randrange(256)
    assert why(bytes(content[: rng.randint(40, len(content))])) in ("", "kind", "big", "damaged")


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_a_tag_cut_between_two_pieces_is_counted_once(size: int) -> None:
    text = "".join(f'<row r="{r}">{cell(f"C{r}", "<" if r == 3 else "v")}</row>' for r in range(1, 9)).encode()
    cells = _Cells()
    for at in range(0, len(text), size):
        cells.take(text[at : at + size])
    assert cells.end() == 8 * 3
