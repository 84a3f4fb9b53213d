// An application that a person connects in the browser: registers, makes authorization requests, exchanges codes, calls.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";

import { remember, rememberTokens } from "../typescript/canaries.mjs";

const hash = (text) => createHash("sha256").update(text).digest("base64url");

export class Application {
  #server;
  #verifier = randomBytes(32).toString("base64url");
  #tokens;

  constructor(server, name, redirectUri) {
    this.#server = new URL(server);
    this.name = name;
    this.redirectUri = redirectUri;
  }

  /** A client that the server's configuration has. */
  configured(id, secret) {
    return Object.assign(this, { id, secret });
  }

  async register() {
    const metadata = { client_name: this.name, redirect_uris: [this.redirectUri], token_endpoint_auth_method: "none" };
    const response = await fetch(new URL("/register", this.#server), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(metadata),
    });
    assert.equal(response.status, 201, await response.clone().text());
    this.id = (await response.json()).client_id;
    return this;
  }

  /** Where the person's browser begins. */
  get authorization() {
    const url = new URL("/authorize", this.#server);
    url.search = new URLSearchParams({
      response_type: "code",
      client_id: this.id,
      redirect_uri: this.redirectUri,
      code_challenge: hash(this.#verifier),
      code_challenge_method: "S256",
      state: "a state with spaces & signs",
      resource: this.#server.href,
    });
    return url.href;
  }

  /** Takes what came to the redirect URI. */
  async receive(address) {
    const query = new URL(address).searchParams;
    assert.equal(query.get("state"), "a state with spaces & signs");
    assert.equal(query.get("iss"), this.#server.origin);
    await this.exchange(query.get("code"));
  }

  async exchange(code) {
    remember("code", code);
    remember("code_verifier", this.#verifier);
    remember("client_secret", this.secret);
    const body = new URLSearchParams({
      grant_type: "authorization_code",
      client_id: this.id,
      redirect_uri: this.redirectUri,
      code,
      code_verifier: this.#verifier,
      ...(this.secret && { client_secret: this.secret }),
    });
    const response = await fetch(new URL("/token", this.#server), { method: "POST", body });
    assert.equal(response.status, 200, await response.clone().text());
    this.#tokens = await response.json();
    rememberTokens(this.#tokens);
  }

  /** The status of a call with the access token. */
  async call() {
    const response = await fetch(this.#server, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        authorization: `Bearer ${this.#tokens.access_token}`,
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "initialize",
        params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: this.name, version: "1" } },
      }),
    });
    await response.body?.cancel();
    return response.status;
  }
}
