"""The official Python SDK against a server without authentication: connect, list the tools, call one."""

from command_line import PROTOCOL_OF_MODE, check_answer, parser, run
from mcp import Client


async def main() -> str:
    options = parser(__doc__).parse_args()
    async with Client(options.server, mode=options.mode, read_timeout_seconds=30) as client:
        version = client.protocol_version
        assert version == PROTOCOL_OF_MODE[options.mode], f"the connection speaks {version}"
        tools = [tool.name for tool in (await client.list_tools()).tools]
        assert options.tool in tools, f"{options.tool!r} is not among the tools {tools}"
        check_answer(await client.call_tool(options.tool, options.arguments), options.expect)
    return f"protocol {version}, {len(tools)} tools, {options.tool} answered {options.expect!r}"


run(main())
