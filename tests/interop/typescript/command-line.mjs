// What the TypeScript SDK client programs take from the command line, how they end, and the checks that they share.

import assert from "node:assert/strict";
import { parseArgs } from "node:util";

/** The version each connection mode must end up with: `legacy` says `initialize`, `modern` sends no handshake. */
const PROTOCOL_OF_MODE = { legacy: "2025-11-25", modern: "2026-07-28" };

/**
 * Reads `SERVER --tool NAME --expect VALUE`, and the options that some programs need beside them. The server is its MCP
 * endpoint; over stdio its program.
 * `modes` are the ones that the program's SDK can speak.
 */
export function readCommandLine(modes, extraOptions = {}) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      mode: { type: "string", default: modes[0] },
      tool: { type: "string" },
      arguments: { type: "string", default: "{}" },
      expect: { type: "string" },
      ...extraOptions,
    },
  });
  assert.equal(positionals.length, 1, "give the server's MCP endpoint, as in http://localhost:8000/mcp, or its program");
  for (const option of ["tool", "expect", ...Object.keys(extraOptions)]) {
    assert.ok(values[option] !== undefined, `--${option} is missing`);
  }
  assert.ok(modes.includes(values.mode), `--mode must be one of ${modes.join(", ")}`);
  return {
    ...values,
    server: positionals[0],
    arguments: JSON.parse(values.arguments),
    protocol: PROTOCOL_OF_MODE[values.mode],
  };
}

/** Runs a program, prints the line it returns, and turns a failure into one line and exit code 1. */
export async function run(program) {
  try {
    console.log(await program());
    process.exit(0); // streams that a client keeps open must not keep the program alive
  } catch (error) {
    console.error(`${error.name}: ${error.message}${error.cause ? ` (${error.cause})` : ""}`);
    process.exit(1);
  }
}

/** The names of the server's tools, after checking that the tool to call is one of them. */
export async function listTools(client, options) {
  const names = (await client.listTools()).tools.map((tool) => tool.name);
  assert.ok(names.includes(options.tool), `${options.tool} is not among the tools ${names}`);
  return names;
}

/** Calls the tool; fails unless some value of its structured content, or a whole text block, is the expected one. */
export async function callTool(client, options) {
  const result = await client.callTool({ name: options.tool, arguments: options.arguments });
  const texts = result.content.filter((block) => block.type === "text").map((block) => block.text);
  assert.ok(!result.isError, `the tool answered with an error: ${texts}`);
  const found = [...leaves(result.structuredContent), ...texts];
  assert.ok(found.includes(options.expect), `expected ${options.expect} in the answer, found ${JSON.stringify(found)}`);
}

/** The scalars inside a JSON value: strings as they are, everything else as JSON writes it. */
function leaves(value) {
  if (value === undefined) return [];
  if (value !== null && typeof value === "object") return Object.values(value).flatMap(leaves);
  return [typeof value === "string" ? value : JSON.stringify(value)];
}
