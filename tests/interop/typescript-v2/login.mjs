// The TypeScript SDK, version 2, against a protected server: discovery, registration, login with PKCE, call, refresh.

import assert from "node:assert/strict";

import {
  Client,
  createPrivateKeyJwtAuth,
  DpopSession,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";

import { callTool, listTools, readCommandLine, run } from "../typescript/command-line.mjs";
import { LOGIN_OPTIONS, OAuthClient } from "../typescript/oauth-client.mjs";
import { checkNotes } from "../typescript/offers.mjs";

await run(async () => {
  const options = readCommandLine(["modern", "legacy"], LOGIN_OPTIONS);
  const mode = options.mode === "modern" ? { pin: options.protocol } : "legacy";
  const authProvider = new OAuthClient(options, createPrivateKeyJwtAuth);
  if (options.dpop) {
    const session = DpopSession.create();
    authProvider.dpop = () => session;
  }
  await authProvider.publish();
  const connect = () => {
    const client = new Client({ name: "interoperability-test", version: "1.0.0" }, { versionNegotiation: { mode } });
    const transport = new StreamableHTTPClientTransport(new URL(options.server), { authProvider });
    return { client, transport, connected: client.connect(transport) };
  };

  if (!authProvider.isOld) {
    const first = connect();
    await assert.rejects(first.connected, UnauthorizedError);
    await first.transport.finishAuth(authProvider.callback()); // checks the issuer in the callback, RFC 9207
  }

  const { client, connected } = connect();
  await connected;
  assert.equal(client.getNegotiatedProtocolVersion(), options.protocol, "protocol version");
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
