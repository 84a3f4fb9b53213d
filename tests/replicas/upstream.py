"""An OpenID provider that can be in a bad mood. It is strict: each refresh gives another refresh token, and one that comes back
is theft, but for users with whom it bears a repetition. Whatever goes wrong with it before it has done anything, it has done nothing."""

import base64
import hashlib
import json
import secrets
import select
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

import jwt
from canaries import remember
from cluster import free_port
from cryptography.hazmat.primitives.asymmetric import ec

CLIENT = ("replicas", "upstream/secret+% canary")
LIFETIME = 5
"""Seconds: less than the minute before its end in which a token is renewed, so each use asks for another one; and less than an
outage takes, so that calls find a token that has ended."""

SPOILED = {
    "html": (200, "text/html", b"<!doctype html><title>Maintenance</title><h1>We are back soon</h1>"),
    "half": (200, "application/json", b'{"access_token": "half-of-an-answer", "expires_in'),
    "error": (500, "application/json", b'{"error": "server_error"}'),
}
MOODS = ["slow", "down", *SPOILED]
"""How it can fail without having done anything. In the mood `lost` it does what it is asked, and does not answer."""


class Upstream:
    """Runs on threads until the program ends. Users meet it at another port than servers, which is there in every mood."""

    def __init__(self) -> None:
        self.bears_repetition_of: set[str] = set()
        """Users whose refresh token may come back, because nobody knows whether its answer arrived."""
        self.repeated: list[str] = []
        """Users whose refresh token came back after it was used."""
        self.met = 0
        """Requests of servers that met a bad mood."""
        self._mood, self._changed = "good", threading.Condition()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._codes: dict[str, dict[str, str]] = {}
        self._users: dict[str, str] = {}
        self._used: set[str] = set()
        self._newest: dict[str, str] = {}
        self._port = free_port()
        self.issuer = f"http://127.0.0.1:{self._port}"
        self._front = self._serve(0)
        self._back: ThreadingHTTPServer | None = self._serve(self._port)

    def _serve(self, port: int) -> ThreadingHTTPServer:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler(self))
        threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.02}).start()
        return server

    def feel(self, mood: str) -> None:
        """Whoever waits for a better mood is answered now, if he still waits."""
        with self._changed:
            self._mood, self.met = mood, 0
            self._changed.notify_all()
        if mood == "down" and self._back is not None:
            self._back.shutdown()
            self._back.server_close()
            self._back = None
        elif self._back is None:
            self._back = self._serve(self._port)

    def newest(self, user: str) -> str:
        """The digest of the access token that the user has now."""
        return hashlib.md5(self._newest[user].encode()).hexdigest()

    def answer(self, path: str, form: dict[str, str], authorization: str | None, link: socket.socket) -> tuple | None:
        """Status, type and body for a server; nothing if it does not get any."""
        with self._changed:
            if self._mood != "good":
                self.met += 1
            if self._mood in SPOILED:
                return SPOILED[self._mood]
            if self._mood == "slow" and not self._wait_out("slow", link):
                return None
            status, document = self._document(path, form, authorization)
            if self._mood == "lost" and path == "/token":
                self._wait_out("lost", link)
                return None
        return status, "application/json", json.dumps(document).encode()

    def _wait_out(self, mood: str, link: socket.socket) -> bool:
        """Waits for another mood; whether whoever asked has waited, too."""
        while self._mood == mood and not has_hung_up(link):
            self._changed.wait(0.05)
        return not has_hung_up(link)

    def _document(self, path: str, form: dict[str, str], authorization: str | None) -> tuple[int, object]:
        if path == "/.well-known/openid-configuration":
            return 200, self._metadata()
        if path == "/jwks":
            key = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key()))
            return 200, {"keys": [key | {"kid": "one", "use": "sig", "alg": "ES256"}]}
        if path != "/token":
            return 404, {}
        name, _, secret = base64.b64decode((authorization or "").removeprefix("Basic ")).decode().partition(":")
        if (unquote_plus(name), unquote_plus(secret)) != CLIENT:
            return 401, {"error": "invalid_client"}
        answer = self._exchange(form) if form["grant_type"] == "authorization_code" else self._refresh(form)
        return (200, answer) if answer else (400, {"error": "invalid_grant"})

    def _metadata(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"http://127.0.0.1:{self._front.server_port}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser of somebody goes who is a new user each time, and asked nothing."""
        code = secrets.token_urlsafe(32)
        self._codes[code] = query
        remember("upstream_code", code)
        remember("upstream_state", query["state"])
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def _exchange(self, form: dict[str, str]) -> dict[str, object] | None:
        asked = self._codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if asked is None or asked["code_challenge"] != base64.urlsafe_b64encode(digest).rstrip(b"=").decode():
            return None
        return self._issue(f"user-{len(self._newest) + 1}", asked["nonce"])

    def _refresh(self, form: dict[str, str]) -> dict[str, object] | None:
        token = form["refresh_token"]
        user = self._users.get(token)
        if user is None:
            return None
        if token in self._used:
            self.repeated.append(user)
            if user not in self.bears_repetition_of:
                return None
        self._used.add(token)
        return self._issue(user, None)

    def _issue(self, user: str, nonce: str | None) -> dict[str, object]:
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._users[refresh], self._newest[user] = user, access
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": user, "aud": CLIENT[0], "iat": now, "exp": now + 300, "preferred_username": user}
        claims |= {"nonce": nonce} if nonce else {}
        identity = jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": "one"})
        remember("upstream_access_token", access)
        remember("upstream_refresh_token", refresh)
        remember("upstream_id_token", identity)
        tokens = {"access_token": access, "refresh_token": refresh, "id_token": identity}
        return tokens | {"token_type": "Bearer", "expires_in": LIFETIME}


def has_hung_up(link: socket.socket) -> bool:
    readable, _, _ = select.select([link], [], [], 0)
    return bool(readable) and link.recv(1, socket.MSG_PEEK) == b""


def handler(upstream: Upstream) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802 (the name that the base class calls)
            address = urlsplit(self.path)
            if address.path == "/authorize":
                self.send_response(303)
                self.send_header("Location", upstream.authorize(dict(parse_qsl(address.query))))
                self.end_headers()
            else:
                self._answer(address.path, {})

        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(self.path, dict(parse_qsl(body)))

        def _answer(self, path: str, form: dict[str, str]) -> None:
            answer = upstream.answer(path, form, self.headers.get("Authorization"), self.connection)
            if answer is None:
                return
            status, kind, body = answer
            with suppress(ConnectionError):  # who asked may have been killed
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    return Handler
