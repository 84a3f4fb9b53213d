// Stands in for a person's browser during a login: keeps cookies, follows redirects, fills in and submits forms.

import assert from "node:assert/strict";

import { remember } from "./canaries.mjs";

/** Requests allowed in one login, so that a redirect loop ends as a failure. */
const MAXIMUM_STEPS = 20;

/** Characters from which on a field of a form holds something random. */
const LONG = 32;

/**
 * Opens `start`, submits the first form of each page, and returns the query that was sent to `redirectUri`.
 * Nothing listens there: the walk stops when the server sends the browser to it.
 */
export async function signIn(start, redirectUri, { username, password }) {
  // The second name is what the pages of npm's oidc-provider ask for.
  const answers = { username, login: username, password };
  const cookies = new CookieJar();
  let request = { url: new URL(start), method: "GET" };
  for (let step = 0; step < MAXIMUM_STEPS; step += 1) {
    const { url, method, body, origin } = request;
    const headers = { accept: "text/html", cookie: cookies.header(url), ...(origin && { origin }) };
    const response = await fetch(url, { method, body, headers, redirect: "manual" });
    cookies.store(url, response.headers.getSetCookie());
    const location = response.headers.get("location");
    if (location === null) {
      request = submission(url, response, await response.text(), answers);
      continue;
    }
    const next = new URL(location, url);
    if (`${next.origin}${next.pathname}` === redirectUri) {
      remember("code", next.searchParams.get("code"));
      return next.searchParams;
    }
    // 307 and 308 repeat the request at the new place, the others turn it into a GET.
    request = [307, 308].includes(response.status) ? { ...request, url: next } : { url: next, method: "GET" };
  }
  throw new Error(`no redirect to ${redirectUri} after ${MAXIMUM_STEPS} requests, last ${request.url}`);
}

/** The request that a browser sends when the page's first form is filled in and its first button pressed. */
function submission(url, response, html, answers) {
  const form = firstForm(html);
  assert.ok(response.ok && form, `${url} answered ${response.status}: ${html.slice(0, 500)}`);
  const body = new URLSearchParams([...form.fields].map(([name, value]) => [name, answers[name] ?? value]));
  remember("password", form.fields.has("password") && answers.password);
  remember("form", ...[...form.fields.values()].filter((value) => value.length >= LONG));
  const target = new URL(form.attributes.action || url, url);
  if ((form.attributes.method ?? "get").toLowerCase() === "get") {
    target.search = body;
    return { url: target, method: "GET" };
  }
  // A browser that was told `no-referrer` hides the origin of a form's POST, even from the same origin.
  const hidden = response.headers.get("referrer-policy")?.trim().toLowerCase() === "no-referrer";
  return { url: target, method: "POST", body, origin: hidden ? "null" : url.origin };
}

/** A page's first form: its attributes, and the fields that pressing its first button sends. */
function firstForm(html) {
  let form;
  for (const [, end, tag, text] of html.matchAll(/<(\/?)(form|input|button)\b((?:"[^"]*"|'[^']*'|[^'">])*)>/gi)) {
    const name = tag.toLowerCase();
    const attributes = readAttributes(text);
    if (name === "form" && end && form) return form;
    if (name === "form" && !end) form ??= { attributes, fields: new Map(), buttonSeen: false };
    else if (form && !end) addField(form, attributes, attributes.type ?? (name === "input" ? "text" : "submit"));
  }
  return form;
}

function addField(form, { name, value, checked }, type) {
  const checkable = ["checkbox", "radio"].includes(type);
  if (["button", "reset"].includes(type) || (checkable && checked === undefined)) return;
  if (["submit", "image"].includes(type)) {
    if (form.buttonSeen) return;
    form.buttonSeen = true;
  }
  if (name) form.fields.set(name, value ?? (checkable ? "on" : ""));
}

function readAttributes(text) {
  const pairs = text.matchAll(/([^\s=/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g);
  return Object.fromEntries([...pairs].map(([, name, ...values]) => [
    name.toLowerCase(),
    decodeEntities(values.find((value) => value !== undefined) ?? ""),
  ]));
}

function decodeEntities(text) {
  const named = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hexadecimal, decimal, name) => {
    if (name) return named[name] ?? all;
    return String.fromCodePoint(hexadecimal ? parseInt(hexadecimal, 16) : Number(decimal));
  });
}

/** Cookies by host and path, as RFC 6265 sends them back; `Secure` ones over https only. */
class CookieJar {
  #cookies = [];

  store(url, lines) {
    for (const line of lines) {
      const [pair, ...rest] = line.split(";").map((part) => part.trim());
      const attributes = Object.fromEntries(rest.map((part) => {
        const [name, ...value] = part.split("=");
        return [name.toLowerCase(), value.join("=")];
      }));
      const split = pair.indexOf("=");
      const cookie = {
        host: url.hostname,
        path: attributes.path?.startsWith("/") ? attributes.path : url.pathname.replace(/\/[^/]*$/, "") || "/",
        name: pair.slice(0, split),
        value: pair.slice(split + 1),
        secure: "secure" in attributes,
      };
      this.#cookies = this.#cookies.filter(
        (known) => known.host !== cookie.host || known.path !== cookie.path || known.name !== cookie.name,
      );
      const ended = Number(attributes["max-age"]) <= 0 || Date.parse(attributes.expires) <= Date.now();
      if (!ended) this.#cookies.push(cookie);
      remember("cookie", cookie.value);
    }
  }

  header(url) {
    return this.#cookies
      .filter(({ host, secure }) => host === url.hostname && (!secure || url.protocol === "https:"))
      .filter(({ path }) => `${url.pathname}/`.startsWith(path.endsWith("/") ? path : `${path}/`))
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
  }
}
