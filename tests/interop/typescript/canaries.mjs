// What these programs hold that must turn up nowhere else; tests/canaries/search.py looks for it.

import { appendFileSync } from "node:fs";

/** Writes down secrets of a kind, a line each; nothing where nobody will search. */
export function remember(kind, ...values) {
  const file = process.env.CANARY_FILE;
  const found = values.filter(Boolean).map((value) => `${JSON.stringify({ kind, value })}\n`);
  if (file && found.length > 0) appendFileSync(file, found.join(""));
}

/** The same for what a token endpoint or a registration answered. */
export function rememberTokens(answer) {
  for (const kind of ["access_token", "refresh_token", "id_token", "client_secret"]) remember(kind, answer[kind]);
}
