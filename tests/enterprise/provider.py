"""A company's identity provider, as far as enterprise-managed authorization needs one: it exchanges its identity tokens for
identity assertions (ID-JAG, RFC 8693), for one client and one server, and is strict about everything that it is sent."""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote
from uuid import uuid4

import jwt
from canaries import remember
from cryptography.hazmat.primitives.asymmetric import ec

CLIENT = ("assistant-at-the-provider", "provider-secret")
"""The client as the provider knows it: another name than at the server."""

CLIENT_AT_SERVER = "assistant"
WANTED = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "requested_token_type": "urn:ietf:params:oauth:token-type:id-jag",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
}


class Provider:
    """Runs on a thread until the program ends."""

    def __init__(self, audience: str, resource: str) -> None:
        self.audience, self.resource = audience, resource
        self.exchanges = 0
        self.complaints: list[str] = []
        self._key = ec.generate_private_key(ec.SECP256R1())
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802 (the name that the base class calls)
                documents = {
                    "/.well-known/openid-configuration": provider.metadata,
                    "/.well-known/oauth-authorization-server": provider.metadata,
                    "/jwks": provider.keys,
                }
                document = documents.get(self.path)
                self._answer(200, document()) if document else self._answer(404, {})

            def do_POST(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                try:
                    self._answer(200, provider.exchange(form, self.headers.get("Authorization")))
                except AssertionError as complaint:
                    provider.complaints.append(str(complaint))
                    self._answer(400, {"error": "invalid_request", "error_description": str(complaint)})

            def _answer(self, status: int, document: object) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Cache-Control", "no-store")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def metadata(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "identity_chaining_requested_token_types_supported": [WANTED["requested_token_type"]],
        }

    def keys(self) -> dict[str, object]:
        key = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [key | {"kid": "one", "use": "sig", "alg": "ES256"}]}

    def identity_token(self, subject: str) -> str:
        """What the client got when its user signed in."""
        now = int(time.time())
        token = self._sign({"iss": self.issuer, "sub": subject, "aud": CLIENT[0], "iat": now, "exp": now + 600}, "JWT")
        remember("identity_token", token)
        return token

    def exchange(self, form: dict[str, str], authorization: str | None) -> dict[str, object]:
        """One identity token for one assertion; the complaint if anything is not as it must be."""
        assert credentials(form, authorization) == CLIENT, "the client is not who it says"
        for name, value in WANTED.items():
            assert form.get(name) == value, f"{name} is {form.get(name)}"
        assert form.get("audience") == self.audience, f"audience is {form.get('audience')}"
        assert form.get("resource") == self.resource, f"resource is {form.get('resource')}"
        subject_token = form["subject_token"]
        claims = jwt.decode(
            subject_token, self._key.public_key(), algorithms=["ES256"], audience=CLIENT[0], issuer=self.issuer
        )
        self.exchanges += 1
        now = int(time.time())
        assertion = {
            "iss": self.issuer,
            "sub": claims["sub"],
            "aud": self.audience,
            "client_id": CLIENT_AT_SERVER,
            "resource": self.resource,
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + 300,
            "scope": form.get("scope", "mcp:read"),
            "preferred_username": "ada",
            "email": "ada@acme.example",
            "email_verified": True,
        }
        signed = self._sign(assertion, "oauth-id-jag+jwt")
        remember("assertion", signed)
        return {
            "issued_token_type": WANTED["requested_token_type"],
            "access_token": signed,
            "token_type": "N_A",
            "expires_in": 300,
        }

    def _sign(self, claims: dict[str, object], kind: str) -> str:
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"typ": kind, "kid": "one"})


def credentials(form: dict[str, str], authorization: str | None) -> tuple[str, str]:
    if authorization is None:
        return form.get("client_id", ""), form.get("client_secret", "")
    name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
    return unquote(name), unquote(secret)
