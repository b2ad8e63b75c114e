// Walks through every page and action of the console as a person would, in one
// mode: a theme, a size, with or without script. Each part of walk/ has a tenant
// of its own; the test that started this does what a browser cannot (ask.mjs).
import { readdirSync } from "node:fs";
import { ask, hangUp } from "./ask.mjs";
import { faults, finish, launch, note, sizes, visitor } from "./browser.mjs";
import { Walker, person } from "./walker.mjs";

const [base, setup, theme, size, script, ...only] = process.argv.slice(2);
const mode = { theme, size, script: script === "script" };
const atOnce = 5;
const browser = await launch();
const options = { viewport: sizes[size], javaScriptEnabled: mode.script };

/** stranger makes a page of a person who is not signed in. */
async function stranger(more = {}) {
  const page = await visitor(browser, { ...options, ...more });
  page.setDefaultTimeout(20_000);
  await page.context().addCookies([{ name: "tidemark-theme", value: theme, url: base }]);
  return page;
}

const first = await stranger();
await setUp();
await first.context().close();
const names = readdirSync(new URL("./walk", import.meta.url)).map((f) => f.replace(".mjs", "")).filter((n) => !only.length || only.includes(n));
let actions = 0, signedIn = Promise.resolve();
await Promise.all(Array.from({ length: atOnce }, async () => {
  for (let name = names.shift(); name; name = names.shift()) await part(name);
}));
hangUp();
await finish(browser, `${actions} looks without a fault`);

/** setUp follows the printed link, which makes the first administrator. */
async function setUp() {
  await first.goto(setup);
  await first.fill("#email", person.email);
  await first.fill("#name", person.name);
  await first.fill("#password", person.password);
  await first.click("form button.btn-primary");
  await first.waitForURL(`${base}/console/setup/tenant`);
}

/** signIn gives each part a session of its own: what one page tells the next is kept there. One at a time: a password takes a moment. */
async function signIn(page) {
  const login = `${base}/console/login`;
  for (let status = 0; status !== 303; ) {
    const [, token] = /name="csrf-token" content="([^"]+)"/.exec(await (await page.request.get(login)).text());
    const answer = await page.request.post(login, { form: { _csrf: token, email: person.email, password: person.password }, maxRedirects: 0 });
    status = answer.status();
    if (![303, 503, 504].includes(status)) throw new Error(`sign-in: ${status}`);
  }
}

async function part(name) {
  const slug = `walk-${name}`;
  const { key } = await ask("tenant", slug);
  const page = await stranger();
  await (signedIn = signedIn.then(() => signIn(page)));
  const storageState = await page.context().storageState();
  const walker = new Walker({ page, base, slug, key, mode, name, stranger, storageState });
  const began = Date.now();
  try {
    const { walk } = await import(`./walk/${name}.mjs`);
    await walk(walker);
  } catch (err) {
    note(page, `${name} ended: ${err.stack}`);
    await page.screenshot({ path: `${process.env.TIDEMARK_PICTURES ?? "/tmp"}/fault-${name}.png` }).catch(() => {});
  }
  actions += walker.looks;
  await page.context().close();
  await walker.close();
  console.error(`${name}: ${walker.looks} looks in ${((Date.now() - began) / 1000).toFixed(1)} s, ${faults.length} faults so far`);
}
