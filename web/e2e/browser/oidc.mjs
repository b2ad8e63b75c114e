// Links two providers to an account, signs in by them, is refused as a stranger, and removes them, at real providers (idp.mjs).
import { expect, finish, inspect, launch, picture, sizes, visitor } from "./browser.mjs";

const [base, acme, globex] = process.argv.slice(2);
const browser = await launch();
const issuers = { Acme: acme, Globex: globex };

async function visit(options = {}) {
  const page = await visitor(browser, { viewport: sizes.wide, ...options });
  page.setDefaultTimeout(15_000);
  return page;
}

/** identify answers a provider's question who somebody is. */
async function identify(page, title, user) {
  await page.waitForURL(`${issuers[title]}/**`);
  await page.getByLabel("User").fill(user);
  await page.getByRole("button", { name: "Sign in" }).click();
}

async function by(page, title, next = "/console") {
  await page.goto(`${base}/console/login?next=${encodeURIComponent(next)}`);
  await page.getByRole("button", { name: `Continue with ${title}` }).click();
}

const entered = (page) => page.waitForURL((u) => u.href.startsWith(`${base}/console`) && !u.pathname.startsWith("/console/login"));
const isIn = async (page) => (await page.request.get(`${base}/console/account`, { maxRedirects: 0 })).status() === 200;

// Linked from the account of who is signed in.
const page = await visit();
await page.goto(`${base}/console/login`);
await inspect(page, "the sign-in");
await picture(page, "oidc-signin", true);
await page.getByLabel("E-mail").fill("amina@example.com");
await page.getByLabel("Password").fill("a long enough password");
await page.getByRole("button", { name: "Sign in", exact: true }).click();
await entered(page);
for (const title of ["Acme", "Globex"]) {
  await page.goto(`${base}/console/account`);
  await page.getByRole("button", { name: `Link ${title}` }).click();
  await identify(page, title, "amina");
  await page.getByText(`You can sign in with ${title} from now on.`).waitFor();
}
await inspect(page, "the account");
await picture(page, "oidc-account", true);

// Signed out, and in again by either; without script as well.
await page.context().clearCookies({ domain: new URL(base).hostname, name: "tidemark" });
expect(page, "signed out", !(await isIn(page)));
await by(page, "Acme", "/console/t/acme");
await page.waitForURL(`${base}/console/t/acme`);
expect(page, "in by Acme", await isIn(page));
const plain = await visit({ javaScriptEnabled: false });
await by(plain, "Globex", "/console/t/acme");
await identify(plain, "Globex", "amina");
await plain.waitForURL(`${base}/console/t/acme`);
expect(plain, "in by Globex, without script", await isIn(plain));

// A stranger stays out, though the provider has verified the e-mail of an account here.
const stranger = await visit();
await by(stranger, "Acme");
await identify(stranger, "Acme", "stranger");
await stranger.getByText("Nobody signs in by this account of Acme here.").waitFor();
expect(stranger, "out", !(await isIn(stranger)));
await inspect(stranger, "refused");
await picture(stranger, "oidc-stranger", true);
await by(stranger, "Globex");
await stranger.waitForURL(`${globex}/**`);
await stranger.getByRole("button", { name: "Refuse" }).click();
await stranger.getByText("Globex was not allowed to say who you are.").waitFor();

// An e-mail that is not verified links nothing.
await stranger.goto(`${base}/console/login`);
await stranger.getByLabel("E-mail").fill("amina@example.com");
await stranger.getByLabel("Password").fill("a long enough password");
await stranger.getByRole("button", { name: "Sign in", exact: true }).click();
await entered(stranger);
await stranger.goto(`${base}/console/account`);
await stranger.getByRole("button", { name: "Link Globex" }).click();
await identify(stranger, "Globex", "unverified");
await stranger.getByText("Globex has not verified your e-mail").waitFor();

// What the providers were asked.
for (const [title, issuer] of Object.entries(issuers)) {
  const seen = await (await page.request.get(`${issuer}/seen`)).json();
  const fresh = (name) => new Set(seen.map((q) => q[name])).size === seen.length;
  expect(page, `${title} was asked with PKCE, state and nonce`, seen.length >= 2 && seen.every((q) => q.code_challenge_method === "S256" && q.code_challenge.length === 43 && q.state.length >= 22 && q.nonce.length >= 22));
  expect(page, `${title} was asked with fresh ones each time`, fresh("code_challenge") && fresh("state") && fresh("nonce"));
  expect(page, `${title} sends back to one address`, seen.every((q) => q.redirect_uri === `${base}/console/login/oidc/${title.toLowerCase()}/callback`));
}

// Removed, it lets nobody in.
await page.goto(`${base}/console/account`);
await page.getByRole("button", { name: "Remove the sign-in by Acme amina@acme.example" }).click();
await page.getByText("You no longer sign in with it.").waitFor();
await page.context().clearCookies({ domain: new URL(base).hostname, name: "tidemark" });
await by(page, "Acme");
await page.getByText("Nobody signs in by this account of Acme here.").waitFor();
await by(page, "Globex");
await entered(page);
expect(page, "the other one is as good as before", await isIn(page));
await finish(browser, "linked, used, refused and removed");
