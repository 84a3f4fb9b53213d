"""An application that uses the official Python SDK with a login: how it sets the SDK up, and how it connects."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from command_line import PROTOCOL_OF_MODE
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata
from memory import LoginMemory
from user import REDIRECT_URI, User


def metadata(authentication: str = "none") -> OAuthClientMetadata:
    """What it registers with."""
    return OAuthClientMetadata(
        client_name="Python interoperability test",
        redirect_uris=[REDIRECT_URI],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        token_endpoint_auth_method=authentication,
    )


def login(
    server: str, metadata: OAuthClientMetadata, memory: LoginMemory, user: User, document: str | None = None
) -> OAuthClientProvider:
    """The SDK's own login. `document` is the address of the metadata document that it has instead of registering."""
    return OAuthClientProvider(
        server_url=server,
        client_metadata=metadata,
        client_metadata_url=document,
        storage=memory,
        redirect_handler=user.open,
        callback_handler=user.callback,
    )


@asynccontextmanager
async def connected(server: str, provider: OAuthClientProvider, mode: str) -> AsyncIterator[Client]:
    """A connection in the protocol that belongs to the mode."""
    async with httpx2.AsyncClient(auth=provider, timeout=30) as http:
        transport = streamable_http_client(server, http_client=http)
        async with Client(transport, mode=mode) as client:
            version = client.protocol_version
            assert version == PROTOCOL_OF_MODE[mode], f"the connection speaks {version}"
            yield client
