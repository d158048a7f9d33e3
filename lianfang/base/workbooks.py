"""Whether a workbook that somebody sent may be opened: weighed as it unpacks, before the reader makes room for it.

The reader allots one place for every cell between the first and the last, so a file of 1,500 bytes that names the cells
A1 and XFD1048576 asks for half a terabyte and ends the process. A packed file may also unpack to any size, and may
state a smaller one. So nothing that a file says of itself is believed: it is unpacked once in pieces, and counted.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# An honest sheet packs to about a tenth; a file that unpacks to more than this is a bomb or a mistake.
MOST_UNPACKED_BYTES = 400_000_000
MOST_CELLS = 16_000_000  # a million people in sixteen columns; half a gigabyte while it is read
PIECE = 1 << 18
LOCAL_HEADER = 30
NEEDED = {"[Content_Types].xml", "xl/workbook.xml"}
WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")  # XML in two bytes a letter, which no office program writes here
ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])[^>]*>")
ROW_NUMBER = re.compile(rb"\sr\s*=\s*[\"'](\d{1,10})[\"']")
CELL = re.compile(rb"<(?:\w+:)?c(?=[\s>])([^>]*[^>/])?>")  # an empty one (<c …/>) takes no room
CELL_NAME = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{1,4})(\d{1,10})[\"']")


class UnfitWorkbook(ValueError):
    """A file that is not opened: `why` is kind (no workbook), big or damaged."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def is_workbook(content: bytes) -> bool:
    """Whether content begins as a workbook does, whatever its name says."""
    return content[:4] in (ZIP, OLE)


def weigh(content: bytes, *, most_bytes: int = MOST_UNPACKED_BYTES, most_cells: int = MOST_CELLS) -> None:
    """Let a packed workbook pass, or raise.

    Takes:   content that begins as a zip; an old workbook (OLE) passes, its format holds 65,536 rows of 256 cells.
    Raises:  UnfitWorkbook: kind (another packed document), big (unpacked, or by its cells), damaged.
    """
    if content[:4] != ZIP:
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            entries = packed.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as e:
        raise UnfitWorkbook("damaged") from e
    if not {e.filename for e in entries} >= NEEDED:
        raise UnfitWorkbook("kind")
    left, cells = most_bytes, 0
    for entry in entries:
        counter = _Cells()
        for piece in _unpacked(content, entry):
            left -= len(piece)
            counter.take(piece)
            if left < 0 or cells + counter.area > most_cells:
                raise UnfitWorkbook("big")
        cells += counter.end()
        if cells > most_cells:
            raise UnfitWorkbook("big")


def _unpacked(content: bytes, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """An entry in pieces, as long as it truly is: neither the size nor the sum that the file states ends it."""
    at = entry.header_offset
    head = content[at : at + LOCAL_HEADER]
    if len(head) < LOCAL_HEADER or head[:4] != ZIP:
        raise UnfitWorkbook("damaged")
    name, extra = struct.unpack("<HH", head[26:])
    packed = memoryview(content)[at + LOCAL_HEADER + name + extra :]
    if entry.compress_type == zipfile.ZIP_STORED:
        for start in range(0, min(entry.compress_size, len(packed)), PIECE):
            yield bytes(packed[start : min(start + PIECE, entry.compress_size)])
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise UnfitWorkbook("kind")
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    for start in range(0, len(packed), PIECE):
        rest: bytes | memoryview = packed[start : start + PIECE]
        while len(rest) and not inflate.eof:
            try:
                yield inflate.decompress(rest, PIECE)
            except zlib.error as e:
                raise UnfitWorkbook("damaged") from e
            rest = inflate.unconsumed_tail
        if inflate.eof:
            return


class _Cells:
    """How many places the reader would allot for a sheet: its last row by its last column."""

    def __init__(self) -> None:
        self.rest, self.row, self.rows, self.columns = b"", 0, 0, 0
        self.width = 0  # of the row that is being read
        self.is_begun = False

    @property
    def area(self) -> int:
        return self.rows * self.columns

    def take(self, piece: bytes) -> None:
        """One more piece; what may be cut within a tag waits for the next."""
        if not self.is_begun and piece:
            self.is_begun = True
            if piece[:2] in WIDE:
                raise UnfitWorkbook("kind")
        text = self.rest + piece
        cut = text.rfind(b"<")
        if cut < 0 or len(text) - cut > PIECE:  # no tag is so long: a picture, or a long text
            self.rest = b""
            self._read(text)
        else:
            self.rest = text[cut:]
            self._read(text[:cut])

    def end(self) -> int:
        """Nothing more comes: the places of this sheet."""
        self._read(self.rest)
        return self.area

    def _read(self, text: bytes) -> None:
        done = 0
        for tag in ROW.finditer(text):
            self._cells(text[done : tag.start()])
            number = ROW_NUMBER.search(tag.group())
            self.row = int(number.group(1)) if number else self.row + 1
            self.width, done = 0, tag.end()
        self._cells(text[done:])

    def _cells(self, text: bytes) -> None:
        cells = CELL.findall(text)
        if not cells:
            return
        names = [n.groups() for c in cells if (n := CELL_NAME.search(c))]
        self.width = max([self.width, *(_column(letters) for letters, _ in names)]) + len(cells) - len(names)
        self.columns = max(self.columns, self.width)
        self.rows = max([self.rows, self.row, *(int(row) for _, row in names)])


def _column(letters: bytes) -> int:
    """AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
