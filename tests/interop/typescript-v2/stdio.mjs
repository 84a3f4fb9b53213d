// The TypeScript SDK, version 2, starts the server itself and speaks to it over standard input and output.

import assert from "node:assert/strict";

import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

import { callTool, listTools, readCommandLine, run } from "../typescript/command-line.mjs";

await run(async () => {
  const options = readCommandLine(["modern", "legacy"], { folder: { type: "string" } });
  const mode = options.mode === "modern" ? { pin: options.protocol } : "legacy";
  const client = new Client({ name: "interoperability-test", version: "1.0.0" }, { versionNegotiation: { mode } });
  const transport = new StdioClientTransport({
    command: options.server,
    args: ["serve", "--transport", "stdio"],
    cwd: options.folder,
  });
  await client.connect(transport);
  assert.equal(client.getNegotiatedProtocolVersion(), options.protocol, "protocol version");
  const tools = await listTools(client, options);
  await callTool(client, options);
  await client.close();
  return `protocol ${options.protocol}, ${tools.length} tools, ${options.tool} answered ${options.expect}`;
});
