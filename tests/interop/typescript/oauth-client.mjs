// The application's half of a login with a TypeScript SDK: what it registers, what it remembers, and the person at
// the browser. Both SDK versions take the same object as their `authProvider`.

import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { signIn } from "./browser.mjs";
import { remember, rememberTokens } from "./canaries.mjs";
import { Publisher } from "./publisher.mjs";

const REDIRECT_URI = "http://127.0.0.1:33418/callback";

/** The options that a login needs beside the common ones. */
export const LOGIN_OPTIONS = {
  username: { type: "string" },
  password: { type: "string" },
  // How the registered client identifies itself at the token endpoint; `none` is a public client.
  "client-authentication": { type: "string", default: "none" },
  // What a client with `private_key_jwt` signs with: RS256, PS256 or ES256.
  algorithm: { type: "string", default: "RS256" },
  // Ask for tokens that are bound to a key (DPoP); version 2 of the SDK can.
  dpop: { type: "boolean", default: false },
  // The project is not the demo, and keeps no notes.
  "without-notes": { type: "boolean", default: false },
  // A file that keeps the registration and the tokens: a first run writes it and ends, a second one goes on with it.
  memory: { type: "string", default: "" },
  // A certificate for localhost, without the ending of its file: publish a metadata document with it instead of registering.
  publish: { type: "string", default: "" },
};

export class OAuthClient {
  redirectUrl = REDIRECT_URI;
  visits = 0;
  clientMetadataUrl;
  issued = [];
  #state = randomBytes(16).toString("base64url");
  #discovered;
  #registration;
  #tokens;
  #verifier;
  #callback;
  #options;
  #publisher;
  #keys;

  /** `privateKeyJwt` is the SDK's own `createPrivateKeyJwtAuth`. */
  constructor(options, privateKeyJwt) {
    this.#options = options;
    if (options["client-authentication"] === "private_key_jwt") {
      this.#keys = makeKeys(options.algorithm);
      this.addClientAuthentication = (...request) => this.#signer(privateKeyJwt)(...request);
    }
    this.isOld = options.memory !== "" && existsSync(options.memory);
    if (!this.isOld) return;
    const kept = JSON.parse(readFileSync(options.memory, "utf8"));
    this.#registration = kept.registration;
    this.saveTokens(kept.tokens);
  }

  /** Publishes the client's metadata document, if there is to be one; its address is the client's identifier then. */
  async publish() {
    if (this.#options.publish === "") return;
    this.#publisher = new Publisher(this.#options.publish);
    this.clientMetadataUrl = await this.#publisher.publish(this.clientMetadata);
  }

  /** Writes what a second run goes on with, if there is to be one. */
  writeMemory() {
    if (this.#options.memory === "" || this.isOld) return false;
    writeFileSync(this.#options.memory, JSON.stringify({ registration: this.#registration, tokens: this.#tokens }));
    return true;
  }

  get clientMetadata() {
    return {
      client_name: "TypeScript interoperability test",
      redirect_uris: [REDIRECT_URI],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: this.#options["client-authentication"],
      ...(this.#keys && { jwks: { keys: [this.#keys.publicKey.export({ format: "jwk" })] } }),
    };
  }

  /** Signs as the SDK does, in the name that the client was given. */
  #signer(privateKeyJwt) {
    const client = this.#registration.client_id;
    const privateKey = this.#keys.privateKey.export({ type: "pkcs8", format: "pem" });
    return privateKeyJwt({ issuer: client, subject: client, privateKey, alg: this.#options.algorithm });
  }

  state = () => this.#state;
  discoveryState = () => this.#discovered;
  saveDiscoveryState = (discovered) => { this.#discovered = discovered; };
  clientInformation = () => this.#registration;
  saveClientInformation = (registration) => { rememberTokens(this.#registration = registration); };
  codeVerifier = () => this.#verifier;
  saveCodeVerifier = (verifier) => { remember("code_verifier", this.#verifier = verifier); };
  tokens = () => this.#tokens;

  saveTokens(tokens) {
    rememberTokens(tokens);
    this.issued.push(tokens);
    this.#tokens = tokens;
  }

  /** The SDK sends the person to the authorization page: sign in and keep what came back for `callback`. */
  async redirectToAuthorization(url) {
    this.visits += 1;
    this.#callback = await signIn(url, REDIRECT_URI, this.#options);
  }

  /** What the redirect brought; an application checks the state before it hands the rest to the SDK. */
  callback() {
    assert.ok(this.#callback?.has("code"), `the server sent no code: ${this.#callback}`);
    assert.equal(this.#callback.get("state"), this.#state, "the state came back changed");
    return this.#callback;
  }

  /** Damages the access token, as if it had expired: the next request is refused and the SDK has to refresh. */
  forgetAccessToken() {
    this.#tokens = { ...this.#tokens, access_token: "expired" };
  }

  /** Gives the refresh token up, so that the SDK has to ask the person. */
  forgetRefreshToken() {
    const { refresh_token: _, ...others } = this.#tokens;
    this.#tokens = others;
  }

  /** The SDK says what turned out to be worthless; of a login that was revoked, the tokens. */
  invalidateCredentials(what) {
    assert.equal(what, "tokens", "the SDK takes more for worthless than the tokens");
    this.#tokens = undefined;
  }

  /** One login and one refresh happened, for the kind of client that was asked for. */
  check() {
    if (this.#publisher === undefined) this.#checkRegistration();
    else this.#checkDocument();
    assert.equal(this.visits, this.isOld ? 0 : 1, `the person had to sign in ${this.visits} times`);
    const kind = this.#options.dpop ? "DPoP" : "Bearer";
    for (const { token_type } of this.issued) assert.equal(token_type, kind, "token_type");
    assert.equal(this.issued.length, 2, "token answers: one login and one refresh");
    assert.notEqual(this.issued[0].access_token, this.issued[1].access_token, "the refresh gave the same token again");
  }

  #checkRegistration() {
    const method = this.#options["client-authentication"];
    assert.equal(this.#registration.token_endpoint_auth_method, method, "registered with another method");
    const hasSecret = !["none", "private_key_jwt"].includes(method);
    assert.equal(this.#registration.client_secret !== undefined, hasSecret, "wrong kind of client");
  }

  /** The client is known by its document, which the server has read once. */
  #checkDocument() {
    assert.equal(this.#registration.client_id, this.clientMetadataUrl, "the client registered");
    assert.equal(this.#publisher.reads, 1, "readings of the document");
  }
}

/** A key pair for this algorithm. */
function makeKeys(algorithm) {
  if (algorithm === "ES256") return generateKeyPairSync("ec", { namedCurve: "P-256" });
  return generateKeyPairSync("rsa", { modulusLength: 2048 });
}
