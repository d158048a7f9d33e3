"""Proof that somebody is at his post, in an emergency alone: how far from it, never where; a picture and no more.

Source: JPEG, ITU-T T.81 (markers, annex B); Exif keeps place and device in application segments, which are dropped.
"""

from __future__ import annotations

import math

PLACE, PHOTO = "place", "photo"
STEP_METRES = (
    50  # distances are kept in these steps, upwards: enough to say "at the post", too little to follow anybody
)
MOST_METRES = 5000  # farther off is one figure: where somebody is instead is nobody's business
MOST_BYTES, MOST_SIDE = 400_000, 2600  # a phone shrinks a picture to a tenth of that before it is sent
EARTH_METRES = 6_371_000
START, END, SCAN = b"\xff\xd8", 0xD9, 0xDA
FRAMES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
KEPT_APPS = (0xE0, 0xEE)  # JFIF and Adobe say how colours are read; every other one tells about who took it, and where
COMMENT = 0xFE


def rough_metres(metres: float) -> int:
    """A distance as it is kept: in steps, upwards, and no farther than the most."""
    return min(math.ceil(max(metres, 0.0) / STEP_METRES) * STEP_METRES, MOST_METRES)


def metres_between(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Great-circle distance of two points in degrees."""
    a, b = math.radians(lat), math.radians(to_lat)
    part = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(to_lon - lon) / 2) ** 2
    return 2 * EARTH_METRES * math.asin(math.sqrt(min(part, 1.0)))


def plain_jpeg(data: bytes) -> bytes:
    """A JPEG picture without what it tells about its taking: place, time, device, comments, whatever follows its end.

    Raises ValueError (too_large, not_jpeg) for what is none, is broken, or larger than a phone's page sends.
    """
    if len(data) > MOST_BYTES:
        raise ValueError("too_large")
    if not data.startswith(START):
        raise ValueError("not_jpeg")
    out, at, has_frame, has_scan = [START], 2, False, False
    while True:
        marker, at = _marker(data, at)
        if marker == END:
            break
        end = at + int.from_bytes(data[at : at + 2], "big")
        if end < at + 2 or end > len(data):
            raise ValueError("not_jpeg")
        if marker in FRAMES:
            has_frame = True
            if (
                max(int.from_bytes(data[at + 3 : at + 5], "big"), int.from_bytes(data[at + 5 : at + 7], "big"))
                > MOST_SIDE
            ):
                raise ValueError("too_large")
        end_of_all = _scan_end(data, end) if marker == SCAN else end
        has_scan = has_scan or marker == SCAN
        if not (0xE0 <= marker <= 0xEF or marker == COMMENT) or marker in KEPT_APPS:
            out.append(bytes((0xFF, marker)) + data[at:end_of_all])
        at = end_of_all
    if not (has_frame and has_scan):
        raise ValueError("not_jpeg")
    return b"".join(out) + bytes((0xFF, END))


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker at a place, and where what follows it begins."""
    while data[at : at + 2] == b"\xff\xff":  # fill bytes
        at += 1
    if at + 2 > len(data) or data[at] != 0xFF or data[at + 1] in (0x00, 0xFF):
        raise ValueError("not_jpeg")
    return data[at + 1], at + 2


def _scan_end(data: bytes, at: int) -> int:
    """Where the coded data of a scan ends: at the next marker that is none of its own (stuffed byte, restart)."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise ValueError("not_jpeg")
        if data[at + 1] not in (0x00, 0xFF, *range(0xD0, 0xD8)):
            return at
        at += 1 if data[at + 1] == 0xFF else 2
