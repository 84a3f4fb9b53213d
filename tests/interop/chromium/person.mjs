// A person at a real Chromium: goes where the pages lead, and notices what a page must never do.

import assert from "node:assert/strict";

import { remember } from "../typescript/canaries.mjs";

/** The narrowest phone that is still in use, and the zoom that the accessibility guidelines ask for (WCAG 1.4.10). */
const NARROW = { width: 320, height: 640 };

/** The least contrast of text (WCAG 1.4.3). */
const CONTRAST = 4.5;

export class Person {
  #page;
  #origin;
  #faults = [];
  /** Addresses outside of the server that the browser was sent to, oldest first. */
  sentTo = [];

  static async at(browser, server, colorScheme) {
    const context = await browser.newContext({ colorScheme, viewport: NARROW, ignoreHTTPSErrors: true });
    const person = new Person();
    person.#origin = new URL(server).origin;
    person.#page = await context.newPage();
    await person.#watch(context);
    return person;
  }

  async #watch(context) {
    this.#page.on("console", (message) => this.#faults.push(`console: ${message.text()}`));
    this.#page.on("pageerror", (error) => this.#faults.push(`script: ${error.message}`));
    const protocol = await context.newCDPSession(this.#page);
    await protocol.send("Network.enable");
    await protocol.send("Page.enable");
    // Schemes of other programs never become requests, so what the page was sent to is read from its navigations.
    protocol.on("Page.frameRequestedNavigation", ({ url }) => this.#seen(url));
    protocol.on("Network.requestWillBeSent", ({ request, type }) => {
      if (type === "Document") this.#seen(request.url);
      else if (!request.url.endsWith("/favicon.ico")) this.#faults.push(`the page loads ${request.url}`);
    });
    protocol.on("Network.responseReceivedExtraInfo", ({ headers }) => {
      const name = Object.keys(headers).find((name) => name.toLowerCase() === "location");
      if (name) this.#seen(new URL(headers[name], this.#origin).href);
    });
  }

  #seen(url) {
    if (new URL(url).origin !== this.#origin && this.sentTo.at(-1) !== url) this.sentTo.push(url);
  }

  /** Opens an address as a program does it that starts the browser. */
  async open(address) {
    await this.#page.goto(address);
    await this.#check();
  }

  async fill(label, value) {
    if (label === "Password" && value !== "wrong") remember("password", value);
    await this.#page.getByLabel(label, { exact: true }).fill(value);
  }

  async value(label) {
    return this.#page.getByLabel(label, { exact: true }).inputValue();
  }

  /** Presses a button of a page and looks at the page that follows. Chromium writes the status of a refusal to its console. */
  async press(name, refusal) {
    await Promise.all([this.#page.waitForNavigation(), this.#button(name).click()]);
    if (refusal) {
      const isRefusal = (fault) => fault.startsWith("console: ") && fault.includes(refusal);
      assert.ok(this.#faults.some(isRefusal), JSON.stringify(this.#faults));
      this.#faults = this.#faults.filter((fault) => !isRefusal(fault));
    }
    await this.#check();
  }

  /** Presses a button that leads away from the server, and says where to. */
  async leave(name, prefix) {
    await this.#button(name).click();
    const deadline = Date.now() + 60_000;
    while (!this.sentTo.some((url) => url.startsWith(prefix))) {
      assert.ok(Date.now() < deadline, `nothing leads to ${prefix}: ${this.#page.url()} ${JSON.stringify(this.sentTo)}`);
      await this.#page.waitForTimeout(20);
    }
    this.#noFaults();
    return this.sentTo.find((url) => url.startsWith(prefix));
  }

  async follow(name) {
    const link = this.#page.getByRole("link", { name, exact: true });
    await Promise.all([this.#page.waitForNavigation(), link.click()]);
    await this.#check();
  }

  #button(name) {
    return this.#page.getByRole("button", { name, exact: true });
  }

  /** The text of the page, as it is shown. */
  text() {
    return this.#page.locator("main").innerText();
  }

  async headings(level) {
    return this.#page.getByRole("heading", { level }).allInnerTexts();
  }

  /** What holds for every page, whoever sees it with whatever. */
  async #check() {
    remember("cookie", ...(await this.#page.context().cookies()).map(({ value }) => value));
    const page = await this.#page.evaluate(inspect);
    assert.equal(page.language, "en");
    assert.deepEqual(page.headings, 1, "one main heading");
    assert.deepEqual(page.unnamed, [], "every field and button says what it is");
    assert.ok(page.width <= NARROW.width, `the page is ${page.width} wide`);
    assert.equal(page.scripts, 0);
    for (const { what, contrast } of page.texts) assert.ok(contrast >= CONTRAST, `${what}: ${contrast}`);
    this.#noFaults();
  }

  #noFaults() {
    assert.deepEqual(this.#faults, []);
  }
}

/** Runs inside the page. */
function inspect() {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = (color) => {
    const [red, green, blue] = channels(color).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const isClear = (color) => (channels(color)[3] ?? 1) === 0;
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (!isClear(color)) return color;
    }
    const canvas = document.createElement("div");
    canvas.style.color = "Canvas";
    document.body.append(canvas);
    const color = getComputedStyle(canvas).color;
    canvas.remove();
    return color;
  };
  const contrast = (element) => {
    const [lighter, darker] = [getComputedStyle(element).color, background(element)]
      .map(luminance)
      .sort((one, other) => other - one);
    return (lighter + 0.05) / (darker + 0.05);
  };
  const shown = [...document.querySelectorAll("h1, p, dd, label, input:not([type=hidden]), button, a, code")];
  return {
    language: document.documentElement.lang,
    headings: document.querySelectorAll("h1").length,
    scripts: document.scripts.length,
    width: document.documentElement.scrollWidth,
    unnamed: [...document.querySelectorAll("input:not([type=hidden]), button")]
      .filter((element) => !(element.labels?.length || element.innerText.trim()))
      .map((element) => element.outerHTML),
    texts: shown.map((element) => ({ what: element.outerHTML.slice(0, 80), contrast: contrast(element) })),
  };
}
