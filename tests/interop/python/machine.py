"""The official Python SDK as a machine: it calls in its own name, with a secret or a key (client_credentials), and no person is there."""

from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from canaries import remember
from command_line import PROTOCOL_OF_MODE, check_answer, parser, run
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.extensions.client_credentials import (
    ClientCredentialsOAuthProvider,
    PrivateKeyJWTOAuthProvider,
    SignedJWTParameters,
)
from mcp.client.streamable_http import streamable_http_client
from memory import TokenMemory


def signed(client_id: str, key: Path) -> SignedJWTParameters:
    return SignedJWTParameters(issuer=client_id, subject=client_id, signing_key=key.read_text(), signing_algorithm="ES256")


async def main() -> str:
    options_parser = parser(__doc__)
    options_parser.add_argument("--client-id", required=True)
    options_parser.add_argument("--client-secret", help="the client's secret; none for a client with a key")
    options_parser.add_argument("--key", type=Path, help="the client's private key (P-256) in PEM form")
    options_parser.add_argument(
        "--client-authentication", choices=["client_secret_basic", "client_secret_post"], default="client_secret_basic"
    )
    options = options_parser.parse_args()
    remember("client_secret", options.client_secret)
    address = urlsplit(options.server)
    issuer, memory = f"{address.scheme}://{address.netloc}", TokenMemory()
    provider: OAuthClientProvider
    if options.key is None:
        provider = ClientCredentialsOAuthProvider(
            server_url=options.server,
            storage=memory,
            client_id=options.client_id,
            client_secret=options.client_secret,
            token_endpoint_auth_method=options.client_authentication,
            issuer=issuer,
        )
    else:
        provider = PrivateKeyJWTOAuthProvider(
            server_url=options.server,
            storage=memory,
            client_id=options.client_id,
            assertion_provider=signed(options.client_id, options.key).create_assertion_provider(),
            issuer=issuer,
        )
    async with httpx2.AsyncClient(auth=provider, timeout=30) as http:
        transport = streamable_http_client(options.server, http_client=http)
        async with Client(transport, mode=options.mode) as client:
            version = client.protocol_version
            assert version == PROTOCOL_OF_MODE[options.mode], f"the connection speaks {version}"
            check_answer(await client.call_tool(options.tool, options.arguments), options.expect)
            assert len(memory.tokens) == 1, f"{len(memory.tokens)} tokens were issued"
            assert memory.tokens[0].refresh_token is None, "a machine needs no refresh token"

            # A token that the server does not know any more makes the client ask for another one.
            assert provider.context.current_tokens is not None
            provider.context.current_tokens.access_token = "expired"
            check_answer(await client.call_tool(options.tool, options.arguments), options.expect)
            assert len(memory.tokens) == 2, f"{len(memory.tokens)} tokens were issued"
    return f"protocol {version}, {options.tool} answered {options.expect!r}, and again with another token"


run(main())
