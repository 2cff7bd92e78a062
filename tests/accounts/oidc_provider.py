"""A small provider of OpenID Connect on this machine: it signs whoever a test names in, and checks what Speakout sends it."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "speakout", "a-secret-of-the-test"


@cache
def signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Provider:
    """What the provider says of whoever signs in next, and what it was asked."""

    address: str
    claims: dict[str, Any] = field(default_factory=dict)
    audience: str = CLIENT
    refuses: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)

    def app(self) -> dict[str, Any]:
        """The setting by which allauth knows it."""
        details = {"server_url": self.address, "oauth_pkce_enabled": True}
        app = {"provider_id": "charity", "name": "Microsoft", "client_id": CLIENT, "secret": SECRET, "settings": details}
        return {"openid_connect": {"APPS": [app]}}

    def configuration(self) -> dict[str, Any]:
        places = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        return {
            "issuer": self.address,
            **{f"{name}_endpoint": f"{self.address}/{place}" for name, place in places.items()},
            "jwks_uri": f"{self.address}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        self.asked.append(query)
        back = {"state": query["state"]}
        back |= {"error": "access_denied"} if self.refuses else {"code": f"code-{len(self.asked)}"}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        """The tokens for a code, where client, code and proof are right."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        assert (form["client_id"], form["client_secret"]) == (CLIENT, SECRET)
        assert form["code"] == f"code-{len(self.asked)}"
        assert challenge == self.asked[-1]["code_challenge"]
        now = int(time.time())
        claims = {"iss": self.address, "aud": self.audience, "iat": now, "exp": now + 300, **self.claims}
        id_token = jwt.encode(claims, signing_key(), algorithm="RS256", headers={"kid": "1"})
        return {"access_token": "of-the-test", "token_type": "Bearer", "expires_in": 300, "id_token": id_token}


@contextmanager
def oidc_provider() -> Iterator[Provider]:
    """A provider that listens until the block ends."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", made.authorize({name: value[0] for name, value in parse_qs(parts.query).items()}))
                self.end_headers()
            elif parts.path == "/.well-known/openid-configuration":
                self._send(made.configuration())
            elif parts.path == "/userinfo" and self.headers["Authorization"] == "Bearer of-the-test":
                self._send(made.claims)
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._send(made.token({name: value[0] for name, value in parse_qs(body).items()}))

        def _send(self, content: dict[str, Any]) -> None:
            text = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    made = Provider(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
