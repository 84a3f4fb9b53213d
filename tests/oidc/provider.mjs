// An OpenID provider for the clients of other languages: npm's oidc-provider, with its own pages for people.
//
//   provider.mjs PORT PATH REDIRECT_URI...
//
// The issuer is http://127.0.0.1:PORTPATH. Everybody can log in with any password, and is who they say; their address is at
// example.com, which is also their Google Workspace domain. Access tokens end after 30 s. Clients may register themselves, and
// get tokens for any resource that they name: signed ones, or opaque ones from the issuer whose path is /opaque. Prints the
// issuer when it listens, and then a line for each grant at the token endpoint and each token that is given back.

import { createServer } from "node:http";
import Provider from "oidc-provider";

import { remember } from "../interop/typescript/canaries.mjs";

const [port, path, ...redirectUris] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}${path}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "mxcp server",
      client_secret: "upstream/secret+% canary",
      redirect_uris: redirectUris,
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    },
  ],
  claims: {
    openid: ["sub", "hd", "realm_access", "resource_access"],
    profile: ["name", "preferred_username"],
    email: ["email", "email_verified"],
  },
  // Google and Keycloak put the claims of the scopes into the identity token, too.
  conformIdTokenClaims: false,
  findAccount: (_context, id) => ({ accountId: id, claims: () => claimsOf(id) }),
  issueRefreshToken: () => true,
  scopes: ["openid", "offline_access", "mcp:call"],
  features: {
    revocation: { enabled: true },
    introspection: { enabled: true },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      // A login that names no resource is for the provider itself.
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (_context, resource) => ({
        scope: "mcp:call",
        audience: resource,
        accessTokenFormat: path === "/opaque" ? "opaque" : "jwt",
      }),
    },
  },
  extraTokenClaims: (_context, token) => ({ preferred_username: token.accountId, roles: ["staff"] }),
  ttl: { AccessToken: 30 },
  cookies: { keys: ["one process, one test"] },
});

function claimsOf(id) {
  return {
    sub: id,
    name: `${id} at the provider`,
    // Google has no such claim.
    preferred_username: path === "/google" ? undefined : id,
    email: `${id}@example.com`,
    email_verified: true,
    hd: "example.com",
    realm_access: { roles: ["staff"] },
    resource_access: { mxcp: { roles: ["editor"] } },
  };
}

provider.on("grant.success", (context) => console.log(`granted ${context.oidc.params.grant_type}`));
provider.on("grant.error", (_context, error) => console.log(`refused ${error.message} ${error.error_description}`));
provider.on("server_error", (_context, error) => console.log(`broken ${error.stack}`));
provider.on("refresh_token.destroyed", () => console.log("ended a refresh token"));

// What the server sends and gets here must turn up nowhere else.
provider.use(async (context, next) => {
  await next();
  const { params = {}, client } = context.oidc ?? {};
  remember("upstream_state", context.query.state);
  if (!context.path.endsWith("/token")) return;
  remember("upstream_secret", client?.clientSecret);
  remember("upstream_code", params.code, params.code_verifier);
  for (const kind of ["access_token", "refresh_token", "id_token"]) remember(`upstream_${kind}`, context.body[kind]);
});

const answer = provider.callback();
const server = createServer((request, response) => {
  if (!request.url.startsWith(path)) {
    response.writeHead(404).end();
    return;
  }
  request.originalUrl = request.url;
  request.url = request.url.slice(path.length) || "/";
  answer(request, response);
});
server.listen(Number(port), "127.0.0.1", () => console.log(issuer));
