// The TypeScript SDK, version 2, as a machine: it calls in its own name, with a secret or a key (client_credentials).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import {
  Client,
  ClientCredentialsProvider,
  PrivateKeyJwtProvider,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";

import { remember } from "../typescript/canaries.mjs";
import { callTool, listTools, readCommandLine, run } from "../typescript/command-line.mjs";
import { watchTokens } from "./issued-tokens.mjs";

const OPTIONS = {
  "client-id": { type: "string" },
  // The client's secret; empty for a client with a key.
  "client-secret": { type: "string", default: "" },
  // The file of the client's private key (P-256) in PEM form; empty for a client with a secret.
  key: { type: "string", default: "" },
};

await run(async () => {
  const options = readCommandLine(["modern", "legacy"], OPTIONS);
  const mode = options.mode === "modern" ? { pin: options.protocol } : "legacy";
  const common = { clientId: options["client-id"], expectedIssuer: new URL(options.server).origin };
  const authProvider =
    options.key === ""
      ? new ClientCredentialsProvider({ ...common, clientSecret: options["client-secret"] })
      : new PrivateKeyJwtProvider({ ...common, privateKey: readFileSync(options.key, "utf8"), algorithm: "ES256" });
  remember("client_secret", options["client-secret"]);
  const { issued, forget } = watchTokens(authProvider);
  const client = new Client({ name: "interoperability-test", version: "1.0.0" }, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(new URL(options.server), { authProvider }));
  assert.equal(client.getNegotiatedProtocolVersion(), options.protocol, "protocol version");
  const tools = await listTools(client, options);
  await callTool(client, options);
  assert.equal(issued.length, 1, "tokens that were issued");
  assert.equal(issued[0].refresh_token, undefined, "a machine needs no refresh token");

  // A token that the server does not know any more makes the client ask for another one.
  forget();
  await callTool(client, options);
  assert.equal(issued.length, 2, "tokens that were issued");
  await client.close();
  return `protocol ${options.protocol}, ${tools.length} tools, ${options.tool} answered ${options.expect}`;
});
