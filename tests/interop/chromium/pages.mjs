// The server's pages in a real Chromium: logging in to applications of every kind, seeing them, taking them back.
//
//   pages.mjs SERVER CHROMIUM CERTIFICATE
//
// SERVER is the MCP endpoint of the demo project; CERTIFICATE one for localhost, without the ending of its files. The last
// line counts what passed and what failed.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:https";

import { chromium } from "playwright-core";

import { Application } from "./client.mjs";
import { Person } from "./person.mjs";

const [server, executablePath, certificate] = process.argv.slice(2);
const origin = new URL(server).origin;

/** Receives the answers of logins, over http or over https. */
async function receiver(isSecure) {
  const answer = (_request, response) => response.end("<!doctype html><html lang=en><title>done</title><h1>done</h1>");
  const files = { cert: `${certificate}.pem`, key: `${certificate}.key` };
  const options = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, isSecure && readFileSync(file)]));
  const listener = isSecure ? createServer(options, answer) : createPlainServer(answer);
  await once(listener.listen(0, "127.0.0.1"), "listening");
  const { port } = listener.address();
  return isSecure ? `https://localhost:${port}/callback` : `http://127.0.0.1:${port}/callback`;
}

const register = (name, redirectUri) => new Application(server, name, redirectUri).register();

async function signIn(person) {
  await person.fill("User name", "testuser");
  await person.fill("Password", "testpass");
  await person.press("Sign in");
}

/** Logs in to an application whose redirect URI has this form, and leaves the browser where it was sent. */
async function logIn(browser, name, redirectUri) {
  const person = await Person.at(browser, server, "light");
  const application = await register(name, redirectUri);
  await person.open(application.authorization);
  await signIn(person);
  assert.deepEqual(await person.headings(1), [`Allow ${name} to act for you?`]);
  await application.receive(await person.leave("Allow", redirectUri));
  assert.equal(await application.call(), 200);
  return { person, application };
}

const checks = {
  "the way back to a program on this computer": async (browser) => {
    await logIn(browser, "Loopback app", await receiver(false));
  },
  "the way back to a site": async (browser) => {
    await logIn(browser, "Web app", await receiver(true));
  },
  "the way back to a scheme of another program": async (browser) => {
    await logIn(browser, "Editor", "cursor://anysphere.cursor-mcp/oauth/callback");
  },
  "a refusal goes back, too": async (browser) => {
    const person = await Person.at(browser, server, "light");
    const application = await register("Refused app", await receiver(false));
    await person.open(application.authorization);
    await signIn(person);
    const answer = new URL(await person.leave("Deny", application.redirectUri)).searchParams;
    assert.equal(answer.get("error"), "access_denied");
    assert.equal(answer.get("iss"), origin);
  },
  "a code that is copied": async (browser) => {
    const person = await Person.at(browser, server, "dark");
    const application = new Application(server, "MCP test client", "urn:ietf:wg:oauth:2.0:oob");
    application.configured("mcp-test-client", "mcp-test-secret");
    await person.open(application.authorization);
    await signIn(person);
    await person.press("Allow");
    await application.exchange(await person.value("Code"));
    assert.equal(await application.call(), 200);
  },
  "a wrong password is said, and the right one goes on": async (browser) => {
    const person = await Person.at(browser, server, "dark");
    await person.open(`${origin}/login`);
    await person.fill("User name", "testuser");
    await person.fill("Password", "wrong");
    await person.press("Sign in", "403 (Forbidden)");
    assert.match(await person.text(), /username or the password is wrong/);
    await signIn(person);
    assert.match(await person.text(), /You are signed in/);
  },
  "applications are seen and taken back": async (browser) => {
    const { person, application } = await logIn(browser, "First app", await receiver(false));
    const second = await register("Second app", "cursor://anysphere.cursor-mcp/second");
    await person.open(second.authorization);
    await second.receive(await person.leave("Allow", second.redirectUri));
    await person.open(`${origin}/`);
    await person.follow("Applications that may act for you");
    assert.deepEqual((await person.headings(2)).slice(0, 2), ["Second app", "First app"]);
    await person.press("Take back from First app");
    assert.ok(!(await person.headings(2)).includes("First app"));
    assert.deepEqual([await application.call(), await second.call()], [401, 200]);
    await person.follow("Sign out of this browser, or everywhere");
    await person.press("Sign out everywhere");
    assert.equal(await second.call(), 401);
    await person.open(`${origin}/account`);
    assert.match(await person.text(), /Sign in to see/);
  },
  "the pages in the dark": async (browser) => {
    const person = await Person.at(browser, server, "dark");
    const application = await register("An application with a very long name".repeat(3), await receiver(false));
    await person.open(`${origin}/`);
    await person.open(application.authorization);
    await signIn(person);
    await person.open(`${origin}/account`);
    await person.open(`${origin}/logout`);
  },
};

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check(browser);
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${name}: ${error.stack}`);
  }
}
await browser.close();
console.log(`${Object.keys(checks).length - failed} ${failed}`);
process.exit(failed === 0 ? 0 : 1);
