"""Real OpenID providers, each a program of its own: npm's oidc-provider, and PyPI's oidc-provider-mock."""

import json
import subprocess
import sys
from pathlib import Path

import httpx2
from cluster import free_port
from waiting import PATIENCE, eventually

HERE = Path(__file__).parent
TOKENS_END = 30
"""Seconds that a provider's tokens live, which is too short to be used as they are."""


class Provider:
    """A program that is started with what `command` says, and what it printed."""

    def __init__(self, path: str, folder: Path) -> None:
        self.server = f"http://127.0.0.1:{free_port()}"
        self.issuer = f"{self.server}{path}"
        self.port = self.server.rsplit(":", 1)[1]
        self._log = folder / f"provider-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def listens(self) -> bool:
        raise NotImplementedError

    def has_renewed(self) -> bool:
        """Whether it was ever asked for a new token in exchange for a refresh token."""
        raise NotImplementedError

    def complains(self) -> bool:
        """Whether it refused anything that it was asked, or broke."""
        raise NotImplementedError

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually("the provider listens", self.listens)

    def log(self) -> str:
        return self._log.read_text()

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=PATIENCE)
            self._process = None


class NodeProvider(Provider):
    """npm's oidc-provider. Its issuer has a path, so that it stands in for a Keycloak realm and for Google, too."""

    def __init__(self, node: str, path: str, redirect_uri: str, folder: Path) -> None:
        super().__init__(path, folder)
        self._command = [node, str(HERE / "provider.mjs"), self.port, path, redirect_uri]

    def command(self) -> list[str]:
        return self._command

    def listens(self) -> bool:
        return self.issuer in self.log().splitlines()

    def has_renewed(self) -> bool:
        return "granted refresh_token" in self.log()

    def complains(self) -> bool:
        return "refused" in self.log() or "broken" in self.log()


class MockProvider(Provider):
    """PyPI's oidc-provider-mock, which keeps a refresh token when it gives a new access token, and takes no token back."""

    USER = {"sub": "ada", "preferred_username": "ada", "email": "ada@example.com", "email_verified": True}

    def __init__(self, folder: Path) -> None:
        super().__init__("", folder)

    def command(self) -> list[str]:
        program = [sys.executable, "-m", "oidc_provider_mock", "--port", self.port, "--require-nonce", "true"]
        return [*program, "--token-max-age", str(TOKENS_END), "--user-claims", json.dumps(self.USER)]

    def listens(self) -> bool:
        return "Uvicorn running" in self.log()

    def has_renewed(self) -> bool:
        """Each login sends one form of its page, and exchanges one code."""
        return self.log().count("POST /oauth2/token") > self.log().count("POST /oauth2/authorize")

    def complains(self) -> bool:
        return "WARN" in self.log() or "ERROR" in self.log()

    def let_go(self, user: str) -> None:
        """Ends all tokens of a user, as an administrator does."""
        answer = httpx2.post(f"{self.server}/users/{user}/revoke-tokens", timeout=PATIENCE)
        assert answer.status_code == 204, answer.text
