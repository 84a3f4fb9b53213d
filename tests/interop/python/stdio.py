"""The official Python SDK starts the server itself and speaks to it over standard input and output."""

from command_line import PROTOCOL_OF_MODE, check_answer, parser, run
from mcp import Client, StdioServerParameters


async def main() -> str:
    options = parser(__doc__)
    options.add_argument("--folder", required=True, help="the project's folder, in which the server is started")
    options = options.parse_args()
    server = StdioServerParameters(
        command=options.server, args=["serve", "--transport", "stdio"], cwd=options.folder
    )
    async with Client(server, mode=options.mode, read_timeout_seconds=30) as client:
        version = client.protocol_version
        assert version == PROTOCOL_OF_MODE[options.mode], f"the connection speaks {version}"
        tools = [tool.name for tool in (await client.list_tools()).tools]
        assert options.tool in tools, f"{options.tool!r} is not among the tools {tools}"
        for _ in range(3):
            check_answer(await client.call_tool(options.tool, options.arguments), options.expect)
    return f"protocol {version}, {len(tools)} tools, {options.tool} answered {options.expect!r}"


run(main())
