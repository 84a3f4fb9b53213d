"""A client and its user, request by request, so that a test decides which replica gets which request."""

import base64
import hashlib
import secrets
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2

sys.path.insert(0, str(Path(__file__).parent.parent / "interop" / "python"))
from browser import sign_in  # noqa: E402
from canaries import remember, remember_tokens  # noqa: E402

REDIRECT_URI = "http://127.0.0.1:33418/callback"
MODERN = "2026-07-28"
LEGACY = "2025-11-25"


class Person:
    """A public client, registered once, whose user signs in as often as needed.

    `host` is what the replicas believe to be called; requests go to an `address`, which is nginx or one replica.
    """

    def __init__(self, host: str, keeps_connections: bool = True) -> None:
        """Without kept connections, none is closed by a proxy in the moment in which it is used."""
        self.host = host
        limits = httpx2.Limits() if keeps_connections else httpx2.Limits(max_keepalive_connections=0)
        self.http = httpx2.AsyncClient(timeout=60, headers={"Host": host}, limits=limits)
        self.client_id = ""

    async def register(self, address: str) -> None:
        metadata = {
            "client_name": "Replica test",
            "redirect_uris": [REDIRECT_URI],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "none",
        }
        answer = await self.http.post(f"{address}/register", json=metadata)
        assert answer.status_code == 201, answer.text
        self.client_id = answer.json()["client_id"]

    async def code(self, address: str, before_each: Callable[[], Awaitable[None]] | None = None) -> dict[str, str]:
        """Signs in, approves, and gives the form that exchanges the code. `before_each` is awaited before each request."""
        verifier = secrets.token_urlsafe(48)
        callback = await self.callback(address, verifier, before_each)
        assert "code" in callback, callback
        remember("code_verifier", verifier)
        return {
            "grant_type": "authorization_code",
            "code": callback["code"],
            "redirect_uri": REDIRECT_URI,
            "client_id": self.client_id,
            "code_verifier": verifier,
        }

    async def callback(
        self, address: str, verifier: str, before_each: Callable[[], Awaitable[None]] | None = None
    ) -> httpx2.QueryParams:
        """What comes back from a login: a code, or an error."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        request = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "state": "s",
        }
        start = str(httpx2.URL(f"{address}/authorize", params=request))
        return await sign_in(start, REDIRECT_URI, "testuser", "testpass", before_each)

    async def token(self, address: str, form: dict[str, str]) -> httpx2.Response:
        answer = await self.http.post(f"{address}/token", data=form)
        if answer.status_code == 200:
            remember_tokens(answer.json())
        return answer

    async def refresh(self, address: str, refresh_token: str) -> httpx2.Response:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": self.client_id}
        return await self.token(address, form)

    async def revoke(self, address: str, token: str) -> None:
        answer = await self.http.post(f"{address}/revoke", data={"token": token, "client_id": self.client_id})
        assert answer.status_code == 200, answer.text

    async def log_in(self, address: str) -> dict[str, Any]:
        """A token answer, with every step at this address."""
        if not self.client_id:
            await self.register(address)
        answer = await self.token(address, await self.code(address))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def call(self, address: str, token: str, tool: str = "whoami") -> httpx2.Response:
        """`tools/call` in the modern era."""
        metadata = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "replicas", "version": "1"},
        }
        params = {"name": tool, "arguments": {}, "_meta": metadata}
        headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": tool}
        return await self._post(address, token, headers, {"id": 1, "method": "tools/call", "params": params})

    async def legacy(self, address: str, token: str, session: str | None, message: dict[str, Any]) -> httpx2.Response:
        """A message of the legacy era, in a session if there is one."""
        headers = {"MCP-Protocol-Version": LEGACY} if session else {}
        if session:
            headers["Mcp-Session-Id"] = session
        return await self._post(address, token, headers, message)

    async def open_session(self, address: str, token: str) -> str:
        client = {"name": "replicas", "version": "1"}
        params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client}
        answer = await self.legacy(address, token, None, {"id": 0, "method": "initialize", "params": params})
        assert answer.status_code == 200, answer.text
        return answer.headers["mcp-session-id"]

    async def end_session(self, address: str, token: str, session: str) -> int:
        headers = {"Authorization": f"Bearer {token}", "Mcp-Session-Id": session}
        return (await self.http.delete(f"{address}/mcp", headers=headers)).status_code

    async def _post(
        self, address: str, token: str, headers: dict[str, str], message: dict[str, Any]
    ) -> httpx2.Response:
        all_headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json, text/event-stream",
            **headers,
        }
        body = {"jsonrpc": "2.0", **message}
        return await self.http.post(f"{address}/mcp", json=body, headers=all_headers)


def name_in(answer: httpx2.Response) -> str:
    """Who the tool said is asking."""
    assert answer.status_code == 200, f"{answer.status_code}: {answer.text}"
    content = answer.json()["result"]["structuredContent"]
    assert content["notes"] == 7, content
    return content["username"]
