// The TypeScript SDK, version 2, where a company's identity provider decides (ID-JAG): an identity token becomes an assertion, that
// a token, and a call is made. No person is asked anything.

import assert from "node:assert/strict";

import {
  Client,
  CrossAppAccessProvider,
  discoverAndRequestJwtAuthGrant,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";

import { remember } from "../typescript/canaries.mjs";
import { callTool, readCommandLine, run } from "../typescript/command-line.mjs";
import { watchTokens } from "./issued-tokens.mjs";

const names = ["client-id", "client-secret", "provider", "provider-client", "provider-secret", "identity-token"];
const OPTIONS = Object.fromEntries(names.map((name) => [name, { type: "string" }]));

await run(async () => {
  const options = readCommandLine(["modern", "legacy"], OPTIONS);
  const mode = options.mode === "modern" ? { pin: options.protocol } : "legacy";
  const authProvider = new CrossAppAccessProvider({
    clientId: options["client-id"],
    clientSecret: options["client-secret"],
    expectedIssuer: new URL(options.server).origin,
    assertion: async (context) => {
      const granted = await discoverAndRequestJwtAuthGrant({
        idpUrl: options.provider,
        audience: context.authorizationServerUrl,
        resource: context.resourceUrl,
        idToken: options["identity-token"],
        clientId: options["provider-client"],
        clientSecret: options["provider-secret"],
        scope: context.scope,
        fetchFn: context.fetchFn,
      });
      return granted.jwtAuthGrant;
    },
  });
  remember("client_secret", options["client-secret"], options["provider-secret"]);
  const { issued, forget } = watchTokens(authProvider);
  const client = new Client({ name: "interoperability-test", version: "1.0.0" }, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(new URL(options.server), { authProvider }));
  assert.equal(client.getNegotiatedProtocolVersion(), options.protocol, "protocol version");
  await callTool(client, options);
  assert.equal(issued.length, 1, "tokens that were issued");
  assert.equal(issued[0].refresh_token, undefined, "the provider decides, not a refresh token");

  // A token that the server does not know any more makes the client ask its provider again.
  forget();
  await callTool(client, options);
  assert.equal(issued.length, 2, "tokens that were issued");
  await client.close();
  return `protocol ${options.protocol}, ${options.tool} answered ${options.expect}`;
});
