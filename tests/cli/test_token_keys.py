"""The command that lists, replaces and revokes the keys that phones go by."""

from __future__ import annotations

import pytest

from lianfang.cli.main import main
from lianfang.domains.devices.models import TokenKey
from lianfang.domains.devices.queries import token_keys

pytestmark = pytest.mark.django_db


def test_a_key_is_listed_replaced_and_revoked(own_token_key: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    name = own_token_key.hex()
    assert main(["token-key", "list"]) == 0
    assert f"{name}  2026-07-21  in use" in capsys.readouterr().out
    assert main(["token-key", "replace"]) == 0
    assert f"{name}  2026-07-21  replaced" in capsys.readouterr().out and own_token_key in token_keys()
    assert main(["token-key", "revoke", name]) == 2
    assert "--why" in capsys.readouterr().err and own_token_key in token_keys()
    assert main(["token-key", "revoke", name, "--why", "a stolen disk"]) == 0
    assert f"{name}  2026-07-21  revoked  a stolen disk" in capsys.readouterr().out
    assert own_token_key not in token_keys() and TokenKey.objects.filter(revoked_at=None).count() >= 1
    assert main(["token-key", "revoke", "00ff", "--why", "no such"]) == 2
