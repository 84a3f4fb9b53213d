"""What applications keep for the SDK: registrations and tokens."""

import json
from pathlib import Path

from canaries import remember_tokens
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken


class TokenMemory:
    """Keeps every token that the SDK was given, newest last. For clients that the server is configured with."""

    def __init__(self) -> None:
        self.tokens: list[OAuthToken] = []

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return None

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        raise AssertionError("the client registered, although it is configured")

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens[-1] if self.tokens else None

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens.append(tokens)
        remember_tokens(tokens.model_dump())


class LoginMemory(TokenMemory):
    """Keeps the registration, too; in a file, if there is to be one."""

    def __init__(self, file: Path | None = None) -> None:
        super().__init__()
        self.registration: OAuthClientInformationFull | None = None
        self.is_old = file is not None and file.exists()
        if file is not None and self.is_old:
            kept = json.loads(file.read_text())
            self.registration = OAuthClientInformationFull.model_validate(kept["registration"])
            self.tokens = [OAuthToken.model_validate(kept["tokens"])]

    def write(self, file: Path) -> None:
        assert self.registration is not None
        kept = {"registration": self.registration.model_dump(mode="json"), "tokens": self.tokens[-1].model_dump(mode="json")}
        file.write_text(json.dumps(kept))

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.registration

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.registration = client_info
        remember_tokens(client_info.model_dump())
