// Which tokens the SDK was given, for the programs whose client is configured at the server.

import { rememberTokens } from "../typescript/canaries.mjs";

/** Lets a provider of the SDK write down what it saves; `forget` saves in its place what the server does not know any more. */
export function watchTokens(authProvider) {
  const issued = [];
  const save = authProvider.saveTokens.bind(authProvider);
  authProvider.saveTokens = (tokens) => {
    rememberTokens(tokens);
    issued.push(tokens);
    save(tokens);
  };
  return { issued, forget: () => save({ ...issued.at(-1), access_token: "expired" }) };
}
