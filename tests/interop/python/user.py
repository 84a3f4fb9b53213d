"""The application's half of a login with the Python SDK: the user whom it sends to a page, and what comes back."""

import httpx2
from browser import sign_in
from mcp.client.auth import AuthorizationCodeResult

REDIRECT_URI = "http://127.0.0.1:33418/callback"


class User:
    """Signs in when the SDK sends the user to a page, and counts how often that was needed."""

    def __init__(self, username: str, password: str) -> None:
        self._username, self._password = username, password
        self._callback = httpx2.QueryParams()
        self.visits = 0

    async def open(self, url: str) -> None:
        self.visits += 1
        self._callback = await sign_in(url, REDIRECT_URI, self._username, self._password)

    async def callback(self) -> AuthorizationCodeResult:
        assert "code" in self._callback, f"the server sent no code: {self._callback}"
        return AuthorizationCodeResult(
            code=self._callback["code"], state=self._callback.get("state"), iss=self._callback.get("iss")
        )
