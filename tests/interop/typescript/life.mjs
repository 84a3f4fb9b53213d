// The whole life of a login with a TypeScript SDK: refresh once the token has expired, step-up to a larger scope, and a new
// login once everything was revoked.

import assert from "node:assert/strict";
import http from "node:http"; // fetch has a Host of its own
import https from "node:https";

import { callTool } from "./command-line.mjs";

/** Milliseconds after which a revoked token is refused by every process of the server. */
const WITHIN = 2_000;
/** Milliseconds; more than the life of a token in these tests. */
const PATIENCE = 60_000;

/** The options that a life needs beside those of a login. */
export const LIFE_OPTIONS = {
  // A tool that needs a larger scope.
  "step-up": { type: "string" },
  // The address of one process of the server, of which there may be several; none for a server of one process.
  process: { type: "string", multiple: true, default: [] },
};

/**
 * `connect` gives a client, its transport, and the promise that it is connected. `Unauthorized` is what the SDK throws when it has
 * sent the person away, `finish` hands a transport what the person brought back, and `beforeStepUp` is what the application has
 * to do itself.
 */
export async function live({ connect, authProvider, options, Unauthorized, finish, beforeStepUp = () => {} }) {
  const server = new Server(options);
  const first = connect();
  await assert.rejects(first.connected, Unauthorized);
  await finish(first.transport);
  const { client, transport, connected } = connect();
  await connected;
  const answers = async (name, visits) => {
    const call = () => callTool(client, { ...options, tool: name });
    await call().catch(async (error) => {
      if (!(error instanceof Unauthorized)) throw error;
      await finish(transport);
      await call();
    });
    assert.equal(authProvider.visits, visits, `the person had to sign in ${authProvider.visits} times`);
    return authProvider.tokens();
  };

  const expiring = await answers(options.tool, 1);
  await server.hasExpired(expiring);
  const narrow = await answers(options.tool, 1);
  assert.notEqual(narrow.access_token, expiring.access_token, "an expired token was taken");
  assert.equal(narrow.scope, expiring.scope, "the refresh changed the scope");

  beforeStepUp();
  let wide = await answers(options["step-up"], 2);
  const scopes = [narrow, wide].map(({ scope }) => scope.split(" "));
  assert.ok(scopes[0].length < scopes[1].length && scopes[0].every((scope) => scopes[1].includes(scope)), `${scopes}`);

  // It does not live long, and on a slow machine it may have ended meanwhile.
  while (!(await server.takes(wide))) wide = await answers(options["step-up"], 2);
  await server.revoke(wide, authProvider.clientInformation());
  await server.isRefusedEverywhere(wide);
  await answers(options.tool, 3);
  await client.close();
  return `protocol ${options.protocol}: ${narrow.scope}, refreshed, ${wide.scope}, revoked, logged in again`;
}

/** What the SDKs have no call for, asked of the server, or of its processes, request by request. */
class Server {
  #server;
  #processes;

  constructor({ server, process }) {
    this.#server = server;
    this.#processes = process.length > 0 ? process : [server];
  }

  hasExpired = (tokens) => this.#isRefused(this.#processes[0], tokens, PATIENCE);

  /** RFC 7009; every process refuses it soon. */
  async revoke({ refresh_token }, { client_id }) {
    const body = new URLSearchParams({ token: refresh_token, client_id });
    const answer = await fetch(new URL("/revoke", this.#server), { method: "POST", body });
    assert.equal(answer.status, 200, await answer.text());
  }

  /** Whether every process takes it, which then remembers it for a while. */
  async takes(tokens) {
    const statuses = await Promise.all(this.#processes.map((process) => this.#status(process, tokens)));
    return !statuses.includes(401);
  }

  async isRefusedEverywhere(tokens) {
    for (const process of this.#processes) await this.#isRefused(process, tokens, WITHIN);
  }

  /** A request that begins within this time is refused. */
  async #isRefused(process, tokens, time) {
    const since = performance.now();
    while (performance.now() - since < time) {
      if ((await this.#status(process, tokens)) === 401) return;
      await new Promise((later) => setTimeout(later, 50));
    }
    assert.fail(`${process} takes the token after ${time} ms`);
  }

  /** 401 for a token that is refused; otherwise the message is, which has nothing in it. */
  #status(process, { access_token }) {
    const headers = {
      host: new URL(this.#server).host,
      authorization: `Bearer ${access_token}`,
      "content-type": "application/json",
    };
    return new Promise((answered, failed) => {
      const { request } = process.startsWith("https:") ? https : http;
      const asking = request(new URL("/mcp", process), { method: "POST", headers }, (answer) => {
        answer.resume().on("end", () => answered(answer.statusCode));
      });
      asking.on("error", failed).end("{}");
    });
  }
}
