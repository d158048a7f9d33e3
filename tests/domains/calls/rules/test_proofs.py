"""Proof of being there: distances against known ones; a picture keeps its pixels and loses all it tells beside them."""

from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lianfang.domains.calls.rules.proofs import MOST_BYTES, metres_between, plain_jpeg, rough_metres

# A picture of 8 by 6 points as Chromium writes it, without its colour profile: start, JFIF, tables, frame, scan, end.
PICTURE = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI///////////////////////////////////////////"
    "/////////2wBDAVVaWnhpeOuCguv/////////////////////////////////////////////////////////////////////////wAARCAAGAAgD"
    "ASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAT/xAAWEAEBAQAAAAAAAAAAAAAAAAAAA0L/xAAUAQEAAAAAAAAAAAAAAAAAAAAB/8QA"
    "FxEAAwEAAAAAAAAAAAAAAAAAAAExAv/aAAwDAQACEQMRAD8AntkA6oKH/9k="
)
PLACE = b"Exif\x00\x00GPSLatitude 24.81"


def segment(marker: int, told: bytes) -> bytes:
    """A segment as the standard writes it: its length counts itself."""
    return bytes((0xFF, marker)) + (len(told) + 2).to_bytes(2, "big") + told


def test_distances_are_those_of_the_globe() -> None:
    assert metres_between(113.6, 24.8, 113.6, 24.801) == pytest.approx(111.2, abs=0.2)  # a thousandth of a degree north
    assert metres_between(0, 0, 90, 0) == pytest.approx(10_007_543, abs=2000)  # a quarter of the equator
    assert metres_between(116.4, 39.9, 116.4, 39.9) == 0


@pytest.mark.parametrize(
    ("metres", "kept"), [(-3, 0), (0, 0), (1, 50), (50, 50), (50.1, 100), (4999, 5000), (9e9, 5000)]
)
def test_only_steps_are_kept_upwards_and_far_is_far(metres: float, kept: int) -> None:
    assert rough_metres(metres) == kept


def test_what_a_picture_tells_of_its_taking_is_dropped_and_the_rest_is_as_it_was() -> None:
    assert plain_jpeg(PICTURE) == PICTURE
    told = PICTURE[:2] + segment(0xE1, PLACE) + segment(0xFE, b"who took it") + PICTURE[2:] + b"\x00a film " + PLACE
    assert plain_jpeg(told) == PICTURE
    late = PICTURE[:20] + b"\xff" + segment(0xED, PLACE) + PICTURE[20:]  # after another segment, behind a fill byte
    assert plain_jpeg(late) == PICTURE


@given(st.binary(max_size=60), st.integers(0, len(PICTURE)), st.integers(0, len(PICTURE)))
@example(b"", 0, len(PICTURE))
@example(b"\xff", 2, 2)
def test_nothing_but_a_picture_comes_through_and_never_what_stands_in_an_exif_segment(
    noise: bytes, first: int, last: int
) -> None:
    broken = PICTURE[:first] + noise + PICTURE[last:]
    try:
        kept = plain_jpeg(broken[:2] + segment(0xE1, PLACE) + broken[2:])
    except ValueError as e:
        assert str(e) in ("too_large", "not_jpeg")
    else:
        assert kept.startswith(b"\xff\xd8") and kept.endswith(b"\xff\xd9") and PLACE not in kept
        assert plain_jpeg(kept) == kept


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xd9", b"\x89PNG\r\n\x1a\n", PICTURE[:-2], PICTURE[: len(PICTURE) // 2]]
)
def test_what_is_no_whole_picture_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not_jpeg"):
        plain_jpeg(data)


def test_a_picture_too_large_to_keep_is_refused() -> None:
    with pytest.raises(ValueError, match="too_large"):
        plain_jpeg(PICTURE + bytes(MOST_BYTES))
    frame = PICTURE.index(b"\xff\xc0") + 5
    with pytest.raises(ValueError, match="too_large"):
        plain_jpeg(PICTURE[:frame] + b"\x0a\x29" + PICTURE[frame + 2 :])
