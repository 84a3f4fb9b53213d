"""What the SDK keeps for clients that the server is configured with: tokens, and no registration."""

from canaries import remember_tokens
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken


class TokenMemory:
    """Keeps every token that the SDK was given, newest last."""

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
