// The TypeScript SDK, version 2, through the whole life of a login.

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";

import { readCommandLine, run } from "../typescript/command-line.mjs";
import { LIFE_OPTIONS, live } from "../typescript/life.mjs";
import { LOGIN_OPTIONS, OAuthClient } from "../typescript/oauth-client.mjs";

await run(async () => {
  const options = readCommandLine(["modern", "legacy"], { ...LOGIN_OPTIONS, ...LIFE_OPTIONS });
  const mode = options.mode === "modern" ? { pin: options.protocol } : "legacy";
  const authProvider = new OAuthClient(options);
  const connect = () => {
    const client = new Client({ name: "interoperability-test", version: "1.0.0" }, { versionNegotiation: { mode } });
    const transport = new StreamableHTTPClientTransport(new URL(options.server), { authProvider });
    return { client, transport, connected: client.connect(transport) };
  };
  return live({
    connect,
    authProvider,
    options,
    Unauthorized: UnauthorizedError,
    finish: (transport) => transport.finishAuth(authProvider.callback()),
  });
});
