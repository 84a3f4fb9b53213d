"""The official Python SDK where a company's identity provider decides (ID-JAG): an identity token becomes an assertion, that a
token, and a call is made. No person is asked anything."""

from urllib.parse import urlsplit

import httpx2
from canaries import remember
from command_line import PROTOCOL_OF_MODE, check_answer, parser, run
from mcp import Client
from mcp.client.auth.extensions.identity_assertion import IdentityAssertionOAuthProvider
from mcp.client.streamable_http import streamable_http_client
from memory import TokenMemory


async def main() -> str:
    options_parser = parser(__doc__)
    for option in ["--client-id", "--client-secret", "--provider", "--provider-client", "--provider-secret", "--identity-token"]:
        options_parser.add_argument(option, required=True)
    options_parser.add_argument(
        "--client-authentication", choices=["client_secret_basic", "client_secret_post"], default="client_secret_post"
    )
    options = options_parser.parse_args()
    remember("client_secret", options.client_secret, options.provider_secret)

    async def exchange(audience: str, resource: str) -> str:
        """The application's own part: the SDK leaves the provider to it."""
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "requested_token_type": "urn:ietf:params:oauth:token-type:id-jag",
            "audience": audience,
            "resource": resource,
            "subject_token": options.identity_token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "client_id": options.provider_client,
            "client_secret": options.provider_secret,
        }
        async with httpx2.AsyncClient(timeout=30) as http:
            answer = await http.post(f"{options.provider}/token", data=form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    address, memory = urlsplit(options.server), TokenMemory()
    provider = IdentityAssertionOAuthProvider(
        server_url=options.server,
        storage=memory,
        client_id=options.client_id,
        client_secret=options.client_secret,
        issuer=f"{address.scheme}://{address.netloc}",
        assertion_provider=exchange,
        token_endpoint_auth_method=options.client_authentication,
    )
    async with httpx2.AsyncClient(auth=provider, timeout=30) as http:
        transport = streamable_http_client(options.server, http_client=http)
        async with Client(transport, mode=options.mode) as client:
            version = client.protocol_version
            assert version == PROTOCOL_OF_MODE[options.mode], f"the connection speaks {version}"
            check_answer(await client.call_tool(options.tool, options.arguments), options.expect)
            assert len(memory.tokens) == 1, f"{len(memory.tokens)} tokens were issued"
            assert memory.tokens[0].refresh_token is None, "the provider decides, not a refresh token"

            # A token that the server does not know any more makes the client ask its provider again.
            memory.tokens[0].access_token = "expired"
            check_answer(await client.call_tool(options.tool, options.arguments), options.expect)
            assert len(memory.tokens) == 2, f"{len(memory.tokens)} tokens were issued"
    return f"protocol {version}, {options.tool} answered {options.expect!r}, and again with another assertion"


run(main())
