// The TypeScript SDK, version 2, against a server without authentication: connect, list and call, list and read, list and get.

import assert from "node:assert/strict";

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

import { callTool, listTools, readCommandLine, run } from "../typescript/command-line.mjs";
import { OFFER_OPTIONS, checkOffers } from "../typescript/offers.mjs";

await run(async () => {
  const options = readCommandLine(["modern", "legacy"], OFFER_OPTIONS);
  const mode = options.mode === "modern" ? { pin: options.protocol } : "legacy";
  const client = new Client({ name: "interoperability-test", version: "1.0.0" }, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(new URL(options.server)));
  assert.equal(client.getNegotiatedProtocolVersion(), options.protocol, "protocol version");
  const tools = await listTools(client, options);
  await callTool(client, options);
  await checkOffers(client, options);
  await client.close();
  return `protocol ${options.protocol}, ${tools.length} tools, ${options.tool} answered ${options.expect}`;
});
