"""An OpenID Connect provider on this machine, for tests: it believes everybody's name, and checks
all that a provider checks of the lab (client, redirection, state, nonce, PKCE, one use of a code).
"""

import base64
import contextlib
import hashlib
import html
import json
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "descent-lab", "a secret between the two"
PATHS = {
    "authorization_endpoint": "/authorize",
    "token_endpoint": "/token",
    "jwks_uri": "/jwks",
    "userinfo_endpoint": "/userinfo",
    "end_session_endpoint": "/logout",
}


@dataclass
class Provider:
    """Where it listens, for how many seconds a login holds, and what it was asked."""

    url: str
    life: float = 3600.0
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "test"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def secrets(self, folder: Path) -> Path:
        """A secrets.toml for a lab; Streamlit puts its own port in."""
        lines = {
            "redirect_uri": "http://127.0.0.1:{port}/oauth2callback",
            "cookie_secret": secrets.token_hex(),
            "client_id": CLIENT,
            "client_secret": SECRET,
            "server_metadata_url": f"{self.url}/.well-known/openid-configuration",
        }
        file = folder / "secrets.toml"
        file.write_text("[auth]\n" + "".join(f'{k} = "{v}"\n' for k, v in lines.items()))
        return file

    def claims(self, name: str) -> dict[str, object]:
        """Who this is."""
        mail = {"email": f"{name}@school.example", "email_verified": True}
        return {"sub": f"id-{name}", "name": name.capitalize()} | mail

    def id_token(self, asked: dict[str, str]) -> str:
        """Signed with RS256, as OpenID Connect Core 1.0 (section 2) wants it."""
        now = int(time.time())
        times = {"iat": now, "exp": int(now + self.life), "nonce": asked["nonce"]}
        claims = {"iss": self.url, "aud": CLIENT} | times | self.claims(asked["name"])
        return jwt.encode({"alg": "RS256", "kid": "test"}, claims, self.key)


class Handler(BaseHTTPRequestHandler):
    """One request; the server's class attribute `provider` knows the rest."""

    provider: Provider

    def do_GET(self) -> None:
        path, query = self._asked()
        if path == "/.well-known/openid-configuration":
            places = {name: self.provider.url + place for name, place in PATHS.items()}
            methods = {"code_challenge_methods_supported": ["S256"]}
            algorithms = {"id_token_signing_alg_values_supported": ["RS256"]}
            self._json({"issuer": self.provider.url} | places | methods | algorithms)
        elif path == "/jwks":
            self._json({"keys": [self.provider.key.as_dict(private=False)]})
        elif path == "/authorize":
            self._form(query)
        elif path == "/logout":
            self._move(query["post_logout_redirect_uri"])
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        path, _ = self._asked()
        sent = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        if path == "/authorize":
            code = secrets.token_hex(8)
            self.provider.codes[code] = sent
            self._move(
                f"{sent['redirect_uri']}?{urlencode({'code': code, 'state': sent['state']})}"
            )
        elif path == "/token":
            self._token(sent)
        else:
            self.send_error(404)

    def _token(self, sent: dict[str, str]) -> None:
        asked = self.provider.codes.pop(sent.get("code", ""), None)
        basic = self.headers.get("Authorization", "").partition(" ")[2]
        client = [unquote(part) for part in base64.b64decode(basic).decode().split(":")]
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        same = asked and sent["redirect_uri"] == asked["redirect_uri"]
        if not same or client != [CLIENT, SECRET] or challenge != asked["code_challenge"]:
            self._json({"error": "invalid_grant"}, 400)
            return
        access = {"access_token": secrets.token_hex(8), "token_type": "Bearer", "expires_in": 60}
        self._json(access | {"id_token": self.provider.id_token(asked)})

    def _asked(self) -> tuple[str, dict[str, str]]:
        place = urlsplit(self.path)
        self.provider.asked.append(place.path)
        return place.path, dict(parse_qsl(place.query))

    def _form(self, query: dict[str, str]) -> None:
        assert query["client_id"] == CLIENT and query["response_type"] == "code"
        hidden = "".join(
            f'<input type="hidden" name="{html.escape(k)}" value="{html.escape(v)}">'
            for k, v in query.items()
        )
        button = '<label>Name <input name="name"></label><button>Log me in</button>'
        self._say(200, f'<form method="post">{hidden}{button}</form>'.encode(), "text/html")

    def _json(self, said: dict, status: int = 200) -> None:
        self._say(status, json.dumps(said).encode(), "application/json")

    def _say(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _move(self, place: str) -> None:
        self.send_response(302)
        self.send_header("Location", place)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is written to the screen."""


@contextlib.contextmanager
def provide() -> Iterator[Provider]:
    """A provider on a free port, until the block ends."""
    handler = type("Handler", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.provider = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield handler.provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
