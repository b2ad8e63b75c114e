// Two OpenID providers on this machine, of npm's oidc-provider, which want PKCE. Whoever types a name is signed in by it; their e-mail is
// verified unless they are called "unverified". It prints where they are, and ends with its input. /seen tells what was asked of one.
import { createServer } from "node:http";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import Provider from "oidc-provider";

const [callback] = process.argv.slice(2); // with NAME for the provider's name
const client = { client_id: "tidemark", client_secret: "a secret of tests, 32 characters" };

async function open(name) {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const seen = [];
  const provider = new Provider(issuer, {
    clients: [{ ...client, redirect_uris: [callback.replace("NAME", name)], response_types: ["code"], grant_types: ["authorization_code"] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    cookies: { keys: [randomUUID()], names: { session: `${name}-session`, interaction: `${name}-interaction`, resume: `${name}-resume` } }, // a host's ports share them
    features: { devInteractions: { enabled: false } },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: id, email: `${id}@${name}.example`, email_verified: id !== "unverified" }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    jwks: { keys: [{ ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "k1" }] },
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
    pkce: { methods: ["S256"], required: () => true },
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 600, IdToken: 60, Interaction: 600, Session: 600 },
  });
  provider.on("server_error", (_, err) => console.error(err));
  provider.on("grant.error", (_, err) => console.error(err.message));
  const answer = provider.callback();
  server.on("request", (req, res) => {
    const at = new URL(req.url, issuer);
    if (at.pathname === "/seen") return res.end(JSON.stringify(seen));
    if (at.pathname === "/auth") seen.push(Object.fromEntries(at.searchParams));
    if (!at.pathname.startsWith("/interaction/")) return answer(req, res);
    return interact(provider, name, at, req, res).catch((err) => res.writeHead(400).end(String(err)));
  });
  return issuer;
}

/** interact asks who somebody is, and believes it. */
async function interact(provider, name, at, req, res) {
  if (at.searchParams.get("no")) return provider.interactionFinished(req, res, { error: "access_denied" });
  const user = at.searchParams.get("user");
  if (user) return provider.interactionFinished(req, res, { login: { accountId: user } });
  res.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
  return res.end(`<!doctype html><html lang="en"><title>${name}</title><h1>Sign in to ${name}</h1>
<form action="${at.pathname}"><label>User <input name="user" autofocus></label> <button>Sign in</button></form>
<form action="${at.pathname}"><button name="no" value="1">Refuse</button></form></html>`);
}

console.log(JSON.stringify({ acme: await open("acme"), globex: await open("globex") }));
process.stdin.on("end", () => process.exit(0)).resume();
