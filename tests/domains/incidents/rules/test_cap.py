"""Alerts of other weather services are read as another reader reads them; hostile and broken ones are refused."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lianfang.domains.incidents.rules import cap
from lianfang.domains.incidents.rules.cap import AlertUnfit, read_alert
from tests.conftest import T0
from tests.factories.alerts import alert, code_area, info, shape_area

SAMPLES = Path(__file__).parents[3] / "data" / "cap"
GOOD = alert(T0, info(T0, [code_area("990101")]))


@pytest.mark.parametrize("name", ["canada", "canada_signed", "australia", "weather", "earthquake"])
def test_a_sample_is_read_as_another_reader_reads_it(name: str) -> None:
    data = (SAMPLES / f"{name}.cap").read_bytes()
    found, root = read_alert(data), ElementTree.fromstring(data)
    space = root.tag.partition("}")[0] + "}"

    def texts(where: ElementTree.Element, path: str) -> list[str]:
        return [(e.text or "").strip() for e in where.findall("/".join(space + p for p in path.split("/")))]

    assert [found.identifier, found.sender, found.kind] == [
        texts(root, n)[0] for n in ("identifier", "sender", "msgType")
    ]
    assert found.sent_at == datetime.fromisoformat(texts(root, "sent")[0])
    assert [i.event for i in found.infos] == texts(root, "info/event")
    assert [i.severity for i in found.infos] == texts(root, "info/severity")
    assert [a.words for i in found.infos for a in i.areas] == texts(root, "info/area/areaDesc")
    assert [c for i in found.infos for a in i.areas for c in a.codes] == list(
        zip(texts(root, "info/area/geocode/valueName"), texts(root, "info/area/geocode/value"), strict=True)
    )
    rings = [
        " ".join(f"{lat:.4f},{lon:.4f}" for lon, lat in p) for i in found.infos for a in i.areas for p in a.polygons
    ]
    written = [[tuple(map(float, p.split(","))) for p in t.split()] for t in texts(root, "info/area/polygon")]
    assert rings == [" ".join(f"{lat:.4f},{lon:.4f}" for lat, lon in ring) for ring in written]
    assert sum(len(a.circles) for i in found.infos for a in i.areas) == len(texts(root, "info/area/circle"))
    assert len(found.references) == len((texts(root, "references") or [""])[0].split())


def test_two_languages_and_the_alerts_before_are_told_apart() -> None:
    found = read_alert((SAMPLES / "canada.cap").read_bytes())
    assert [i.language for i in found.infos] == ["en-CA", "fr-CA"] and found.kind == "Update"
    assert found.references[0] == ("cap@ec.gc.ca", "2.49.0.1.124.a3f342a4.2012")


@pytest.mark.parametrize(
    "data",
    [
        (SAMPLES / "xee.cap").read_bytes(),
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + GOOD.partition(b"?>\n")[2],
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd">' + GOOD.partition(b"?>\n")[2],
    ],
    ids=["external entities", "a bomb of entities", "an external document type"],
)
def test_a_document_type_is_refused_before_anything_of_it_is_read(data: bytes) -> None:
    with pytest.raises(AlertUnfit) as refused:
        read_alert(data)
    assert refused.value.element == "DOCTYPE"


def deep(n: int) -> bytes:
    return GOOD.replace(b"<info>", b"<x xmlns='a'>" * n + b"</x>" * n + b"<info>")


@pytest.mark.parametrize(
    ("data", "element"),
    [
        (b"", "line 1"),
        (b"no xml at all", "line 1"),
        (GOOD[:-9], "line "),
        (GOOD.replace(b"UTF-8", b"GB18030"), "encoding"),
        (GOOD.replace(b"UTF-8", b"no-such"), "encoding"),
        (b"<alert xmlns='urn:other'/>", "alert"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'/>", "feed"),
        (GOOD.replace(b"cap:1.2", b"cap:1.0"), "alert"),
        (deep(40), "alert"),
        (GOOD.replace(b"<info>", b"<note/>" * 60_000 + b"<info>"), "alert"),
        (GOOD.replace(b"weather@city", b"w" * 600), "sender"),
        (GOOD.replace(b"weather@city", b""), "sender"),
        (GOOD.replace(b">Alert<", b">Shout<"), "msgType"),
        (GOOD.replace(b">Unknown<", b">Bad<"), "severity"),
        (alert(T0), "info"),
        (GOOD.replace(b"+00:00</sent>", b"</sent>"), "sent"),
        (GOOD.replace(T0.isoformat().encode() + b"</onset>", b"soon</onset>"), "onset"),
        (alert(T0, info(T0, [shape_area("polygon", "24.8,113.6 24.9,113.6 24.9,113.7")])), "polygon"),
        (alert(T0, info(T0, [shape_area("polygon", "24.8,113.6 24.9,113.6 24.9,113.7 24.8,113.7")])), "polygon"),
        (alert(T0, info(T0, [shape_area("polygon", "124.8,113.6 a,b c,d 124.8,113.6")])), "polygon"),
        (alert(T0, info(T0, [shape_area("circle", "24.8,113.6")])), "circle"),
        (alert(T0, info(T0, [shape_area("circle", "24.8,113.6 nan")])), "circle"),
        (b"x" * (cap.MOST_BYTES + 1), "alert"),
        ((SAMPLES / "noaa_errors.cap").read_bytes(), ""),
        ((SAMPLES / "invalid.cap").read_bytes(), ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_element(data: bytes, element: str) -> None:
    with pytest.raises(AlertUnfit) as refused:
        read_alert(data)
    assert refused.value.element.startswith(element) and refused.value.fix


def test_an_end_before_the_beginning_and_a_reference_of_two_parts_are_refused() -> None:
    backwards = alert(T0, info(T0, [code_area("990101")])).replace(b"<expires>2026-07-21T07", b"<expires>2026-07-21T00")
    for data in (
        backwards,
        alert(T0, identifier="C", kind="Cancel").replace(b"</scope>", b"</scope><references>a,b</references>"),
    ):
        with pytest.raises(AlertUnfit):
            read_alert(data)


def test_a_signature_of_another_namespace_is_passed_over() -> None:
    found = read_alert((SAMPLES / "canada_signed.cap").read_bytes())
    assert found.infos[0].event == "snowfall" and found.infos[0].areas
