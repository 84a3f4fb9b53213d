// The TypeScript SDK, version 1, against a protected server: discovery, registration, login with PKCE, call, refresh.

import assert from "node:assert/strict";

import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { createPrivateKeyJwtAuth } from "@modelcontextprotocol/sdk/client/auth-extensions.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { callTool, listTools, readCommandLine, run } from "../typescript/command-line.mjs";
import { LOGIN_OPTIONS, OAuthClient } from "../typescript/oauth-client.mjs";
import { checkNotes } from "../typescript/offers.mjs";

await run(async () => {
  const options = readCommandLine(["legacy"], LOGIN_OPTIONS);
  const authProvider = new OAuthClient(options, createPrivateKeyJwtAuth);
  await authProvider.publish();
  const connect = () => {
    const client = new Client({ name: "interoperability-test", version: "1.0.0" });
    const transport = new StreamableHTTPClientTransport(new URL(options.server), { authProvider });
    return { client, transport, connected: client.connect(transport) };
  };

  if (!authProvider.isOld) {
    const first = connect();
    await assert.rejects(first.connected, UnauthorizedError);
    await first.transport.finishAuth(authProvider.callback().get("code"));
  }

  const { client, transport, connected } = connect();
  await connected;
  assert.equal(transport.protocolVersion, options.protocol, "protocol version");
  const tools = await listTools(client, options);
  await callTool(client, options);
  if (!options["without-notes"]) await checkNotes(client, options.username);
  const answered = `protocol ${options.protocol}, ${tools.length} tools, ${options.tool} answered ${options.expect}`;
  if (authProvider.writeMemory()) {
    await client.close();
    return answered;
  }

  authProvider.forgetAccessToken();
  await callTool(client, options);
  authProvider.check();
  await client.close();
  return `${answered}, and again after a refresh`;
});
