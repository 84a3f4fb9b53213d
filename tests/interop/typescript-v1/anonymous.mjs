// The TypeScript SDK, version 1, against a server without authentication: connect, list the tools, call one.

import assert from "node:assert/strict";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { callTool, listTools, readCommandLine, run } from "../typescript/command-line.mjs";

await run(async () => {
  const options = readCommandLine(["legacy"]);
  const client = new Client({ name: "interoperability-test", version: "1.0.0" });
  const transport = new StreamableHTTPClientTransport(new URL(options.server));
  await client.connect(transport);
  assert.equal(transport.protocolVersion, options.protocol, "protocol version");
  const tools = await listTools(client, options);
  await callTool(client, options);
  await client.close();
  return `protocol ${options.protocol}, ${tools.length} tools, ${options.tool} answered ${options.expect}`;
});
