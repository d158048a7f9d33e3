"""The file of portals: what it must say, what is refused with its entry, and when a claim counts as a second factor."""

from __future__ import annotations

from pathlib import Path

import pytest

from lianfang.base.portals import PortalUnfit, is_read_by_others, read_portals

GOOD = """
[[portals]]
id = "city"
words = { zh = "市统一身份", en = "City identity" }
issuer = "https://id.city.example/realms/gov/"
client_id = "lianfang"
secret_file = "city.secret"
strong_acr = ["loa3"]
strong_amr = ["otp", "hwk"]
origins = ["https://login.city.example/x"]

[[portals]]
id = "health"
words = "卫健"
issuer = "http://127.0.0.1:9000"
client_id = "l"
secret_file = "city.secret"
scope = ["openid", "profile"]
"""


def written(folder: Path, text: str) -> str:
    (folder / "city.secret").write_text("s3cret\n", encoding="utf-8")
    (folder / "portals.toml").write_text(text, encoding="utf-8")
    return str(folder / "portals.toml")


def test_several_portals_are_read_with_their_secrets_from_files(tmp_path: Path) -> None:
    city, health = read_portals(written(tmp_path, GOOD))
    assert (city.issuer, city.secret, city.scope) == ("https://id.city.example/realms/gov", "s3cret", ("openid",))
    assert city.form_origins == ("https://id.city.example", "https://login.city.example")
    assert (health.words["en"], health.scope, health.strong_acr) == ("卫健", ("openid", "profile"), frozenset())
    assert "s3cret" not in repr(city)


def test_without_a_file_there_is_none() -> None:
    assert read_portals("") == ()


@pytest.mark.parametrize(("find", "put"), [
    ('id = "city"', 'id = "City !"'), ('id = "health"', 'id = "city"'), ("https://id.city", "http://id.city"),
    ("https://login.city.example/x", "javascript:alert(1)"), ("https://login.city.example/x", "https://a.example; x"),
    ('secret_file = "city.secret"', 'secret_file = "none"'), ('client_id = "l"', ""), ("[[portals]]", "[portals]"),
    ("issuer = ", "issuer = 3 #"), ("[[portals]]", "[["),
])  # fmt: skip
def test_what_cannot_be_used_is_refused_at_the_start_and_not_at_the_first_sign_in(
    tmp_path: Path, find: str, put: str
) -> None:
    with pytest.raises(PortalUnfit):
        read_portals(written(tmp_path, GOOD.replace(find, put, 1)))


def test_only_what_was_agreed_counts_as_a_second_factor(tmp_path: Path) -> None:
    city, health = read_portals(written(tmp_path, GOOD))
    assert city.is_strong({"acr": "loa3"}) and city.is_strong({"amr": ["pwd", "hwk"]})
    weak = ({}, {"acr": "loa2"}, {"acr": ["loa3"]}, {"amr": "otp"}, {"amr": ["pwd", 3]}, {"acr": None, "amr": None})
    assert not any(city.is_strong(c) for c in weak)
    assert not health.is_strong({"acr": "loa3", "amr": ["otp"]})  # nothing agreed: nothing counts


def test_who_else_may_read_a_secret_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "s"
    file.touch(0o600)
    assert not is_read_by_others(file)
    file.chmod(0o640)
    assert is_read_by_others(file)
