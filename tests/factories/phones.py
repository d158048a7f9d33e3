"""A phone with a key of its own, as a browser would be one: it asks, signs challenges, signs what it noted."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from lianfang.base.envelopes import EnvelopeIn, signed_bytes

JSON = "application/json"


def text(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class Phone:
    """Its id, its key, its browser, and the number of its last note."""

    id: UUID = field(default_factory=uuid4)
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    client: Client = field(default_factory=lambda: Client(headers={"accept-language": "en"}))
    seq: int = 0

    @property
    def public(self) -> bytes:
        """The half of its key that others may have."""
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, said: bytes) -> str:
        """As WebCrypto signs: r and s side by side."""
        r, s = decode_dss_signature(self.key.sign(said, ECDSA(SHA256())))
        return text(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def post(self, address: str, body: dict[str, Any]) -> Any:
        """Send JSON."""
        return self.client.post(f"/field/{address}", json.dumps(body), content_type=JSON)

    def ask(self, code: str, name: str = "张三") -> Any:
        """Ask to be taken in."""
        return self.post("join/ask", {"device": str(self.id), "key": text(self.public), "code": code, "name": name})

    def enter(self) -> Any:
        """Sign in by the key."""
        challenge = self.post("challenge", {"device": str(self.id)}).json()["challenge"]
        return self.post("enter", {"device": str(self.id), "challenge": challenge,
                                   "signature": self.sign(challenge.encode())})  # fmt: skip

    def note(self, actor: UUID, item: str, *, at: datetime, move: str = "no-answer") -> dict[str, Any]:
        """One signed envelope."""
        self.seq += 1
        body = {"item": item, "move": move, "values": {}}
        e = EnvelopeIn(uuid4(), "work.note", at, self.seq, actor, body, 1, str(self.id))
        return {"id": str(e.id), "kind": e.kind, "made_at": at.isoformat(), "seq": e.seq, "actor": str(actor),
                "body": body, "version": 1, "key_id": e.key_id, "signature": self.sign(signed_bytes(e))}  # fmt: skip

    def send(self, *notes: dict[str, Any], at: datetime) -> Any:
        """Upload."""
        return self.post("envelopes", {"device": str(self.id), "sent_at": at.isoformat(), "envelopes": notes})
