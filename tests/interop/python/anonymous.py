"""The official Python SDK against a server without authentication: connect, list and call, list and read, list and get."""

from command_line import PROTOCOL_OF_MODE, check_answer, parser, run
from mcp import Client
from offers import add_options, check_offers


async def main() -> str:
    options_parser = parser(__doc__)
    add_options(options_parser)
    options = options_parser.parse_args()
    async with Client(options.server, mode=options.mode, read_timeout_seconds=30) as client:
        version = client.protocol_version
        assert version == PROTOCOL_OF_MODE[options.mode], f"the connection speaks {version}"
        tools = [tool.name for tool in (await client.list_tools()).tools]
        assert options.tool in tools, f"{options.tool!r} is not among the tools {tools}"
        check_answer(await client.call_tool(options.tool, options.arguments), options.expect)
        await check_offers(client, options)
    return f"protocol {version}, {len(tools)} tools, {options.tool} answered {options.expect!r}"


run(main())
