"""Both cipher suites hold to the same promises, to published examples, and to what openssl says of them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.base.suites import SCALAR_BYTES, SM, SUITES, WORLD, Forged, Suite, suite_of

both = pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES.keys())
some = settings(max_examples=30, deadline=None)
NONCE = bytes(range(12))


def joined(*lines: str) -> bytes:
    return bytes.fromhex("".join(lines).replace(" ", ""))


def test_a_suite_is_found_by_its_name_and_an_unknown_one_is_told_with_those_there_are() -> None:
    assert {n: suite_of(n).name for n in ("world", "sm")} == {"world": "world", "sm": "sm"}
    with pytest.raises(ValueError, match="sm, world"):
        suite_of("rot13")


@both
@some
@given(plain=st.binary(max_size=400), associated=st.binary(max_size=60), nonce=st.binary(min_size=12, max_size=12))
def test_what_is_sealed_opens_as_it_was(suite: Suite, plain: bytes, associated: bytes, nonce: bytes) -> None:
    key = suite.new_key()
    sealed = suite.seal(key, nonce, plain, associated)
    assert len(sealed) == len(plain) + 16 and suite.open(key, nonce, sealed, associated) == plain


@both
@some
@given(plain=st.binary(max_size=100), place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_turned_bit_does_not_open(suite: Suite, plain: bytes, place: int, bit: int) -> None:
    key = suite.new_key()
    sealed = bytearray(suite.seal(key, NONCE, plain, b"row"))
    sealed[place % len(sealed)] ^= 1 << bit
    with pytest.raises(Forged):
        suite.open(key, NONCE, bytes(sealed), b"row")


@both
def test_another_key_another_place_another_nonce_and_a_cut_one_do_not_open(suite: Suite) -> None:
    key = suite.new_key()
    sealed = suite.seal(key, NONCE, b"plain", b"row 1")
    for wrong in (
        (suite.new_key(), NONCE, sealed, b"row 1"),
        (key, NONCE, sealed, b"row 2"),
        (key, bytes(12), sealed, b"row 1"),
        (key, NONCE, sealed[:-1], b"row 1"),
        (key, NONCE, sealed[:7], b"row 1"),
        (key, NONCE, b"", b"row 1"),
    ):
        with pytest.raises(Forged):
            suite.open(*wrong)


@both
@some
@given(data=st.binary(max_size=300), place=st.integers(0, 63), bit=st.integers(0, 7))
def test_a_signature_holds_for_its_data_and_key_alone(suite: Suite, data: bytes, place: int, bit: int) -> None:
    key, other = suite.new_signing_key(), suite.new_signing_key()
    signature = suite.sign(key, data)
    assert (len(signature), len(key.private), len(key.public), key.suite) == (64, 32, 64, suite.name)
    assert suite.verify(key.public, signature, data)
    turned = bytearray(signature)
    turned[place] ^= 1 << bit
    assert not suite.verify(key.public, bytes(turned), data)
    assert not suite.verify(key.public, signature, data + b"x")
    assert not suite.verify(other.public, signature, data)


@both
def test_what_is_no_signature_or_no_key_is_no_error(suite: Suite) -> None:
    key = suite.new_signing_key()
    good = suite.sign(key, b"head")
    for signature in (b"", good[:-1], good + b"\0", bytes(64), b"\xff" * 64, good[:32] + bytes(32)):
        assert not suite.verify(key.public, signature, b"head")
    for public in (b"", bytes(64), b"\x01" * 64, key.public[:-1]):
        assert not suite.verify(public, good, b"head")


@both
def test_a_private_key_is_not_shown(suite: Suite) -> None:
    key = suite.new_signing_key()
    assert key.private.hex() not in repr(key) and repr(key.private) not in repr(key)


def test_the_suites_do_not_take_each_others_signatures() -> None:
    keys = {s.name: s.new_signing_key() for s in (WORLD, SM)}
    assert not SM.verify(keys["world"].public, WORLD.sign(keys["world"], b"x"), b"x")
    assert not WORLD.verify(keys["sm"].public, SM.sign(keys["sm"], b"x"), b"x")


def test_hashes_give_the_published_values() -> None:
    # FIPS 180-2 appendix B.1; GB/T 32905-2016 appendix A.1
    assert WORLD.hash(b"abc") == joined("ba7816bf 8f01cfea 414140de 5dae2223 b00361a3 96177a9c b410ff61 f20015ad")
    assert SM.hash(b"abc") == joined("66c7f0f4 62eeedd9 d1f2d46b dc10e4e2 4167c487 5cf2f7a2 297da02b 8f4ba8e0")


def test_aes_256_gcm_gives_the_published_value() -> None:
    # McGrew and Viega, The Galois/Counter Mode of Operation, test case 16 (as submitted to NIST)
    key = joined("feffe9928665731c6d6a8f9467308308" * 2)
    plain = joined(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    )
    sealed = joined(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b",
    )
    nonce, associated = joined("cafebabefacedbaddecaf888"), joined("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    assert WORLD.seal(key, nonce, plain, associated) == sealed
    assert WORLD.open(key, nonce, sealed, associated) == plain


def test_sm4_gcm_gives_the_published_value() -> None:
    # RFC 8998 appendix A.1
    key, nonce = joined("0123456789ABCDEFFEDCBA9876543210"), joined("00001234567800000000ABCD")
    plain = joined("AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD",
                   "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA")  # fmt: skip
    sealed = joined("17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735",
                    "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D",
                    "83DE3541E4C2B58177E065A9BF7B62EC")  # fmt: skip
    associated = joined("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    assert SM.seal(key, nonce, plain, associated) == sealed
    assert SM.open(key, nonce, sealed, associated) == plain


def test_the_published_signatures_hold() -> None:
    # RFC 6979 appendix A.2.5, SHA-256, "sample"
    public = joined("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
                    "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299")  # fmt: skip
    signature = joined("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
                       "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")  # fmt: skip
    assert WORLD.verify(public, signature, b"sample") and not WORLD.verify(public, signature, b"test")
    # GM/T 0003.5-2012 appendix A: curve sm2p256v1, the default user id, "message digest"
    public = joined("09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020",
                    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13")  # fmt: skip
    signature = joined("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3",
                       "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA")  # fmt: skip
    assert SM.verify(public, signature, b"message digest") and not SM.verify(public, signature, b"message digesu")


def openssl(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """The oracle: the command that Debian and the CI machine have."""
    command = shutil.which("openssl")
    assert command, "openssl is the independent oracle of this test: apt-get install openssl"
    return subprocess.run([command, *arguments], capture_output=True, check=False)


SIDES = {
    "world": ("P-256", ["-digest", "sha256"]),
    "sm": ("SM2", ["-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]),
}


@both
def test_openssl_takes_our_signatures_and_we_take_its(suite: Suite, tmp_path: Path) -> None:
    curve, asked = SIDES[suite.name]
    data, pem, signature = tmp_path / "data", tmp_path / "key.pem", tmp_path / "signature"
    data.write_bytes(b"the head of a log")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-out", str(pem))
    use = ["pkeyutl", "-rawin", "-in", str(data), *asked]
    openssl(*use, "-sign", "-inkey", str(pem), "-out", str(signature))
    der = openssl("pkey", "-in", str(pem), "-pubout", "-outform", "DER").stdout
    theirs = b"".join(n.to_bytes(SCALAR_BYTES, "big") for n in decode_dss_signature(signature.read_bytes()))
    assert suite.verify(der[-64:], theirs, data.read_bytes())
    key = suite.new_signing_key()
    public = tmp_path / "public.der"
    public.write_bytes(der[:-64] + key.public)
    check = [*use, "-verify", "-pubin", "-keyform", "DER", "-inkey", str(public), "-sigfile", str(signature)]
    for said, is_ours in ((data.read_bytes(), True), (b"another head", False)):
        raw = suite.sign(key, said)
        halves = (int.from_bytes(raw[:SCALAR_BYTES], "big"), int.from_bytes(raw[SCALAR_BYTES:], "big"))
        signature.write_bytes(encode_dss_signature(*halves))
        assert (openssl(*check).returncode == 0) == is_ours
