"""A small OpenID Connect issuer on this machine: discovery, authorize, token, keys; it can be told to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

CLIENT, SECRET = "lianfang", "of the portal"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def b64_int(number: int) -> str:
    return b64(number.to_bytes((number.bit_length() + 7) // 8, "big"))


class Keys:
    """Two keys of an issuer, RSA and P-256, as it signs and as it publishes them."""

    def __init__(self, kid: str = "k") -> None:
        self.rsa = rsa.generate_private_key(65537, 2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.kid = kid

    def published(self) -> list[dict[str, str]]:
        n, p = self.rsa.public_key().public_numbers(), self.ec.public_key().public_numbers()
        return [
            {"kty": "RSA", "kid": self.kid + "-rsa", "use": "sig", "alg": "RS256", "n": b64_int(n.n),
             "e": b64_int(n.e)},
            {"kty": "EC", "kid": self.kid + "-ec", "crv": "P-256", "x": b64(p.x.to_bytes(32, "big")),
             "y": b64(p.y.to_bytes(32, "big"))},
        ]  # fmt: skip

    def token(self, claims: dict[str, Any], alg: str = "RS256", **head: Any) -> str:
        kid = self.kid + ("-ec" if alg == "ES256" else "-rsa")
        said = ".".join(b64(json.dumps(part).encode()) for part in ({"alg": alg, "kid": kid, **head}, claims))
        if alg == "none":
            return said + "."
        if alg == "ES256":
            r, s = decode_dss_signature(self.ec.sign(said.encode(), ec.ECDSA(SHA256())))
            return f"{said}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
        return f"{said}.{b64(self.rsa.sign(said.encode(), padding.PKCS1v15(), SHA256()))}"


@dataclass
class Issuer:
    """What the issuer does next. `says` changes claims; `alg`, `keys_used` and `head` how the token is signed."""

    keys: Keys
    subject: str = "city-4711"
    says: dict[str, Any] = field(default_factory=dict)
    alg: str = "RS256"
    keys_used: Keys | None = None
    head: dict[str, Any] = field(default_factory=dict)
    spoil: Any = None  # what becomes of the token before it is sent
    config: dict[str, Any] = field(default_factory=dict)
    address: str = ""
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens_asked: int = 0

    def token_for(self, code: str, sent: dict[str, str]) -> dict[str, Any] | None:
        """The exchange of a code: once, by the client, for the address and the PKCE challenge it was begun with."""
        self.tokens_asked += 1
        begun = self.asked.pop(code, None)
        verifier = sent.get("code_verifier", "")
        proved = b64(hashlib.sha256(verifier.encode()).digest())
        if (
            begun is None
            or (sent.get("client_id"), sent.get("client_secret")) != (CLIENT, SECRET)
            or sent.get("redirect_uri") != begun["redirect_uri"]
            or begun.get("code_challenge_method") != "S256"
            or proved != begun.get("code_challenge")
        ):
            return None
        now = int(time.time())
        claims = {"iss": self.address, "sub": self.subject, "aud": CLIENT, "iat": now, "exp": now + 300,
                  "nonce": begun["nonce"], "email": "grid@city.example", "email_verified": True}  # fmt: skip
        claims |= self.says
        token = (self.keys_used or self.keys).token({k: v for k, v in claims.items() if v is not None}, self.alg,
                                                    **self.head)  # fmt: skip
        return {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer",
                "id_token": self.spoil(token) if self.spoil else token}  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    issuer: Issuer

    def _answer(self, body: Any, status: int = 200, **headers: str) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(raw)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def do_GET(self) -> None:
        parts, me = urlsplit(self.path), self.issuer
        if parts.path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
            said = {"issuer": me.address, "token_endpoint_auth_methods_supported": ["client_secret_post"]}
            self._answer(said | {k: f"{me.address}/{v}" for k, v in ends.items()} | me.config)
        elif parts.path == "/authorize":
            given, code = {k: v[0] for k, v in parse_qs(parts.query).items()}, secrets.token_urlsafe(8)
            me.asked[code] = given
            way = f"{given['redirect_uri']}?{urlencode({'code': code, 'state': given['state']})}"
            self._answer({}, 302, Location=way)
        elif parts.path == "/jwks":
            self._answer({"keys": me.keys.published()})
        else:
            self._answer({}, 404)

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        given = {k: v[0] for k, v in sent.items()}
        made = self.issuer.token_for(given.get("code", ""), given)
        self._answer(made or {"error": "invalid_grant"}, 200 if made else 400)

    def log_message(self, *args: Any) -> None:
        """Nothing."""


@contextmanager
def issuing() -> Iterator[Issuer]:
    """An issuer that answers on a port of its own until the end."""
    issuer = Issuer(Keys())
    handler = type("Handler", (_Handler,), {"issuer": issuer})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    issuer.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        """Nowhere: the browser of the test goes on by itself."""


def sent_back(address: str) -> str:
    """Where the issuer's page sends the browser: path and query of our own address."""
    try:
        build_opener(_Stay).open(address, timeout=5).close()
    except HTTPError as redirect:
        with redirect:
            parts = urlsplit(redirect.headers["Location"])
            return f"{parts.path}?{parts.query}"
    raise AssertionError("the issuer did not send the browser back")
