"""The canonical text is the browser's own; a signature holds for its bytes and its key alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.base.signatures import canonical_json, is_key, is_signed
from tests.factories.phones import Phone
from tests.house.source import ROOT

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
SCRIPT = """
import { canonical } from "./keys.mjs";
let sent = "";
process.stdin.on("data", (d) => { sent += d; });
const written = (texts) => JSON.stringify(texts.map((t) => canonical(JSON.parse(t))));
process.stdin.on("end", () => process.stdout.write(written(JSON.parse(sent))));
"""


def in_the_browser(texts: list[str], folder: Path) -> list[str]:
    """What the phone's own module makes of values sent as JSON."""
    node = shutil.which("node") or str(Path(sys.executable).parent / "node")
    for name in ("keys.mjs", "store.mjs"):
        shutil.copy(ROOT / "lianfang/field/static/field" / name, folder / name)
    (folder / "run.mjs").write_text(SCRIPT)
    done = subprocess.run([node, "run.mjs"], input=json.dumps(texts), text=True, capture_output=True, cwd=folder,
                          check=True, env={**os.environ, "NODE_OPTIONS": ""})  # fmt: skip
    return list(json.loads(done.stdout))


@given(st.lists(VALUES, min_size=200, max_size=200))
@settings(max_examples=3, deadline=None)
def test_the_canonical_text_is_what_the_phone_writes(tmp_path_factory: pytest.TempPathFactory, values: list) -> None:
    texts = [json.dumps(v) for v in values]
    assert [canonical_json(json.loads(t)) for t in texts] == in_the_browser(texts, tmp_path_factory.mktemp("js"))


@pytest.mark.parametrize(
    ("value", "written"),
    [(1.0, "1"), (36.5, "36.5"), (1e21, "1e+21"), (1e20, "100000000000000000000"), (1e-6, "0.000001"),
     (1e-7, "1e-7"), (-0.0, "0"), (1.5e300, "1.5e+300"), (2**53 + 1, "9007199254740992"), (5e-324, "5e-324"),
     ({"b": 1, "a": ["é\u2028\x1f"]}, '{"a":["é\u2028\\u001f"],"b":1}')],
)  # fmt: skip
def test_numbers_and_keys_are_written_as_rfc_8785_says(value: object, written: str) -> None:
    assert canonical_json(value) == written


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, object()])
def test_what_no_browser_has_is_not_written(value: object) -> None:
    with pytest.raises((ValueError, OverflowError)):
        canonical_json(value)


def test_a_signature_holds_for_its_bytes_and_its_key_alone() -> None:
    one, other = Phone(), Phone()
    signature = one.sign(b"said")
    assert is_signed(b"said", signature=signature, public_key=one.public)
    assert not is_signed(b"Said", signature=signature, public_key=one.public)
    assert not is_signed(b"said", signature=signature, public_key=other.public)
    for rubbish in ("", "x", signature[:-2], signature + "AA", "ä" * 86, "A" * 86):
        assert not is_signed(b"said", signature=rubbish, public_key=one.public)
    assert not is_signed(b"said", signature=signature, public_key=b"no key")


def test_only_a_key_on_our_curve_is_one() -> None:
    wide = generate_private_key(SECP384R1()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert is_key(Phone().public) and not is_key(wide) and not is_key(b"") and not is_key(Phone().public[:-1])
