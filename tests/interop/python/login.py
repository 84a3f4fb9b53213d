"""The official Python SDK against a protected server: discovery, dynamic registration, login with PKCE, call, refresh."""

from pathlib import Path

from application import connected, login, metadata
from command_line import check_answer, parser, run
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from memory import LoginMemory
from offers import check_notes
from publisher import Publisher
from user import User


async def main() -> str:
    options_parser = parser(__doc__)
    options_parser.add_argument("--username", required=True)
    options_parser.add_argument("--password", required=True)
    options_parser.add_argument(
        "--client-authentication",
        choices=["none", "client_secret_basic", "client_secret_post"],
        default="none",
        help="how the registered client identifies itself at the token endpoint; `none` is a public client",
    )
    options_parser.add_argument(
        "--without-notes", action="store_true", help="the project is not the demo, and keeps no notes"
    )
    options_parser.add_argument(
        "--memory",
        type=Path,
        help="a file that keeps the registration and the tokens: a first run writes it and ends, a second one goes on with it",
    )
    options_parser.add_argument(
        "--publish",
        type=Path,
        help="a certificate for localhost, without the ending of its file: publish a metadata document with it instead of registering",
    )
    options = options_parser.parse_args()
    described = metadata(options.client_authentication)
    publisher = Publisher(options.publish) if options.publish else None
    if publisher is not None:
        publisher.publish(described.model_dump(mode="json", exclude_none=True))
    memory, person = LoginMemory(options.memory), User(options.username, options.password)
    provider = login(options.server, described, memory, person, publisher.url if publisher else None)
    async with connected(options.server, provider, options.mode) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        assert options.tool in tools, f"{options.tool!r} is not among the tools {tools}"
        check_answer(await client.call_tool(options.tool, options.arguments), options.expect)
        if not options.without_notes:
            await check_notes(client, options.username)
        check_registration(memory.registration, options.client_authentication)
        if publisher is not None:
            check_document(memory.registration, publisher)
        answered = f"protocol {client.protocol_version}, {len(tools)} tools, {options.tool} answered {options.expect!r}"
        visits = 0 if memory.is_old else 1
        assert person.visits == visits, f"the person had to sign in {person.visits} times"
        if options.memory is not None and not memory.is_old:
            memory.write(options.memory)
            return answered

        # An access token that the client takes for expired makes it refresh before its next request.
        provider.context.token_expiry_time = 0.001
        check_answer(await client.call_tool(options.tool, options.arguments), options.expect)
        check_refresh(memory.tokens)
        assert person.visits == visits, f"the person had to sign in {person.visits} times"
    return f"{answered}, and again after a refresh"


def check_registration(registration: OAuthClientInformationFull | None, method: str) -> None:
    """A public client gets no secret, a confidential one does."""
    assert registration is not None, "the client was not registered"
    assert registration.token_endpoint_auth_method == method, registration.token_endpoint_auth_method
    assert (registration.client_secret is None) == (method == "none"), "wrong kind of client"


def check_document(registration: OAuthClientInformationFull | None, publisher: Publisher) -> None:
    """The client is known by its document, which the server has read once."""
    assert registration is not None and registration.client_id == publisher.url, registration
    assert publisher.reads == 1, f"the document was read {publisher.reads} times"


def check_refresh(tokens: list[OAuthToken]) -> None:
    """The refresh gave one new pair, with another access token."""
    assert len(tokens) == 2, f"{len(tokens)} token answers instead of one login and one refresh"
    first, second = tokens
    assert first.access_token != second.access_token, "the refresh gave the same access token again"


run(main())
