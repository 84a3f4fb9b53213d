// The TypeScript SDK, version 1, through the whole life of a login.

import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { readCommandLine, run } from "../typescript/command-line.mjs";
import { LIFE_OPTIONS, live } from "../typescript/life.mjs";
import { LOGIN_OPTIONS, OAuthClient } from "../typescript/oauth-client.mjs";

await run(async () => {
  const options = readCommandLine(["legacy"], { ...LOGIN_OPTIONS, ...LIFE_OPTIONS });
  const authProvider = new OAuthClient(options);
  const connect = () => {
    const client = new Client({ name: "interoperability-test", version: "1.0.0" });
    const transport = new StreamableHTTPClientTransport(new URL(options.server), { authProvider });
    return { client, transport, connected: client.connect(transport) };
  };
  return live({
    connect,
    authProvider,
    options,
    Unauthorized: UnauthorizedError,
    finish: (transport) => transport.finishAuth(authProvider.callback().get("code")),
    // Version 1 refreshes when it is told that its scope is too small, which makes no scope larger, and gives up. An application
    // that wants the person to be asked holds no refresh token then.
    beforeStepUp: () => authProvider.forgetRefreshToken(),
  });
});
