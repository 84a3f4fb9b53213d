// The TypeScript SDK, version 1, against a server without authentication: connect, list and call, list and read, list and get.

import assert from "node:assert/strict";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { callTool, listTools, readCommandLine, run } from "../typescript/command-line.mjs";
import { OFFER_OPTIONS, checkOffers } from "../typescript/offers.mjs";

await run(async () => {
  const options = readCommandLine(["legacy"], OFFER_OPTIONS);
  const client = new Client({ name: "interoperability-test", version: "1.0.0" });
  const transport = new StreamableHTTPClientTransport(new URL(options.server));
  await client.connect(transport);
  assert.equal(transport.protocolVersion, options.protocol, "protocol version");
  const tools = await listTools(client, options);
  await callTool(client, options);
  await checkOffers(client, options);
  await client.close();
  return `protocol ${options.protocol}, ${tools.length} tools, ${options.tool} answered ${options.expect}`;
});
