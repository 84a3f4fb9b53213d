// The TypeScript SDK, version 1, starts the server itself and speaks to it over standard input and output.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

import { callTool, listTools, readCommandLine, run } from "../typescript/command-line.mjs";

await run(async () => {
  const options = readCommandLine(["legacy"], { folder: { type: "string" } });
  const client = new Client({ name: "interoperability-test", version: "1.0.0" });
  const transport = new StdioClientTransport({
    command: options.server,
    args: ["serve", "--transport", "stdio"],
    cwd: options.folder,
  });
  await client.connect(transport);
  const tools = await listTools(client, options);
  await callTool(client, options);
  await client.close();
  return `protocol ${options.protocol}, ${tools.length} tools, ${options.tool} answered ${options.expect}`;
});
