// Does what a person would do: set up, sign in, watch writes arrive, sign out.
import { expect, finish, inspect, launch, note, picture, visitor } from "./browser.mjs";

const [base, token, key] = process.argv.slice(2);
const person = { email: "amina@example.com", name: "Amina Haddad", password: "a long enough password" };
const hostile = `<img src=x onerror="window.hacked=1"> hx-get=/x \u202Ertl 🌊`;
const browser = await launch();
const page = await visitor(browser, { viewport: { width: 1440, height: 900 } });
page.setDefaultTimeout(10_000);

const row = (name) => page.locator("tbody tr").filter({ hasText: name });
const live = (state) => page.waitForSelector(`[data-live="${state}"]`);

await setUp();
await stylesAreLeftBehind();
await overviewIsLive();
await overviewIsPaused();
await activityIsLive();
await readingIsLeftAlone();
await pausing();
await filtering();
await palette();
await themesAndKeys();
await errors();
await phone();
await withoutScript();
await signOut();
await finish(browser, "told without a fault");

async function write(name, value = "x") {
  const res = await fetch(`${base}/api/v1/sync-storage/item/${encodeURIComponent(name)}`, {
    method: "PUT", headers: { "X-API-Key": key, "X-User-Id": "dana", "Content-Type": "application/json" }, body: JSON.stringify({ value }),
  });
  if (!res.ok) throw new Error(`write ${name}: ${res.status} ${await res.text()}`);
}

async function setUp() {
  await page.goto(`${base}/console`);
  expect(page, "without an administrator the console says how to begin", await page.getByText("prints a setup link").isVisible());
  await inspect(page, "waiting for setup");
  await page.goto(`${base}/console/setup?token=wrong`);
  await fill("short");
  expect(page, "a wrong link is refused", await page.getByText("no longer good").isVisible());
  await page.goto(`${base}/console/setup?token=${token}`);
  await inspect(page, "setup");
  await fill("short");
  expect(page, "a short password comes back with its reason", await page.locator("#password-note").getByText("at least").isVisible());
  expect(page, "what was typed is kept", (await page.inputValue("#email")) === person.email);
  await inspect(page, "setup, refused");
  await fill(person.password);
  await page.waitForURL(`${base}/console/setup/tenant`);
  await inspect(page, "setup, tenant");
  await page.getByRole("link", { name: "Skip", exact: true }).click();
  await page.waitForURL(`${base}/console/t/acme`);
}

async function fill(password) {
  await page.fill("#email", person.email);
  await page.fill("#name", person.name);
  await page.fill("#password", password);
  await page.click("form button.btn-primary");
  await page.waitForLoadState();
}

// What a script styles on one page is not copied to the next, which the policy forbids.
async function stylesAreLeftBehind() {
  await page.evaluate(() => { document.querySelector("#main").style.minHeight = "1px"; });
  await page.click("aside nav >> text=Live activity");
  await page.waitForURL(/activity$/);
  await live("on");
  expect(page, "no style comes along", !(await page.locator("#main").getAttribute("style")));
  expect(page, "the policy was kept", (await page.evaluate(() => window.violations.length)) === 0);
  await page.click("aside nav >> text=Overview");
  await page.waitForURL(/acme$/);
}

async function overviewIsLive() {
  await live("on");
  await inspect(page, "overview, empty");
  await write("hello");
  await row("hello").waitFor();
  await page.locator("#kpi-items").getByText("1", { exact: true }).waitFor();
  await inspect(page, "overview");
  await picture(page, "story-overview");
}

async function overviewIsPaused() {
  await page.click("[data-pause]");
  await live("paused");
  expect(page, "a screen reader is told", await page.locator('[role="status"]').getByText("Paused", { exact: true }).isVisible());
  await write("while the overview is paused");
  await page.waitForTimeout(1500);
  expect(page, "the numbers stay", await page.locator("#kpi-items").getByText("1", { exact: true }).isVisible());
  await inspect(page, "overview, paused");
  await page.click("[data-pause]");
  await page.locator("#kpi-items").getByText("2", { exact: true }).waitFor();
  await row("while the overview is paused").waitFor();
}

async function activityIsLive() {
  await page.click("aside nav >> text=Live activity");
  await page.waitForURL(`${base}/console/t/acme/activity`);
  await live("on");
  await page.mouse.move(5, 5);
  expect(page, "what was written before is there", await row("hello").isVisible());
  await write(hostile);
  await row("hx-get=/x").waitFor();
  expect(page, "what people write is text", !(await page.evaluate(() => window.hacked)));
  await inspect(page, "live activity");
  await picture(page, "story-activity");
}

async function readingIsLeftAlone() {
  await row("hello").hover();
  const before = await row("hello").boundingBox();
  await write("while reading");
  const show = page.locator("[data-feed-show]");
  await show.waitFor();
  const after = await row("hello").boundingBox();
  expect(page, "a row that is being read does not move", before.y === after.y);
  expect(page, "new rows wait", (await row("while reading").count()) === 0);
  await inspect(page, "live activity, rows waiting");
  await page.locator("[data-feed-news]").getByText("1 new change", { exact: true }).waitFor({ state: "attached" });
  await show.click();
  await row("while reading").waitFor();
}

async function pausing() {
  await page.mouse.move(5, 5);
  await page.keyboard.press("p");
  await live("paused");
  expect(page, "the address says so", page.url().endsWith("?paused=1"));
  await write("while paused");
  await page.locator("[data-feed-show]").waitFor();
  expect(page, "nothing is added while paused", (await row("while paused").count()) === 0);
  await page.click("[data-pause]");
  await row("while paused").waitFor();
  await page.click("[data-pause]");
  await page.reload();
  await live("paused");
  await page.click("[data-pause]");
  await live("on");
}

async function filtering() {
  await page.keyboard.press("/");
  await page.keyboard.type("HELLO");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=HELLO/);
  expect(page, "only what fits is listed", (await page.locator("tbody tr").count()) === 1);
  await live("on");
  await page.mouse.move(5, 5);
  await write("other");
  await write("hello again");
  await row("hello again").waitFor();
  expect(page, "what does not fit stays out of the stream too", (await row("other").count()) === 0);
  await page.click("text=Removed");
  await page.waitForURL(/op=remove/);
  expect(page, "no match is explained", await page.getByText("No recent change fits").isVisible());
  await page.goBack();
  await page.waitForURL((u) => !u.search.includes("op="));
  await row("hello again").waitFor();
}

async function palette() {
  await page.keyboard.press("Control+k");
  await page.locator("#palette").waitFor();
  await page.keyboard.type("glob");
  await page.locator("#palette-list [role=option]").filter({ hasText: "globex" }).waitFor();
  await page.waitForFunction(() => document.querySelector("#palette").dataset.asked === "glob");
  await inspect(page, "palette");
  await picture(page, "story-palette");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${base}/console/t/globex`);
  expect(page, "nothing of another tenant is there", await page.getByText("Nothing has been written yet").isVisible());
}

async function themesAndKeys() {
  await page.click("summary[aria-label=Theme]");
  await picture(page, "story-theme-menu");
  await page.click("button[value=dark]");
  await page.waitForSelector("html[data-theme=dark]");
  expect(page, "the theme changes where one is", page.url() === `${base}/console/t/globex`);
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await page.waitForURL(`${base}/console/t/globex/activity`);
  await page.keyboard.press("?");
  await page.locator("#help").waitFor();
  await inspect(page, "help");
  await picture(page, "story-help");
  await page.click("#help button[value=off]");
  await page.waitForSelector("body[data-keys=off]");
  await page.keyboard.press("?");
  expect(page, "single keys can be switched off", !(await page.locator("#help").isVisible()));
}

async function errors() {
  await page.goto(`${base}/console/t/nobody`);
  expect(page, "an unknown tenant is told, with the request's id", await page.getByText("Request", { exact: true }).isVisible());
  await inspect(page, "not found");
  await page.click("text=Back to the console");
  await page.waitForURL(`${base}/console/t/acme`);
}

async function phone() {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${base}/console/t/acme`);
  await live("on");
  await inspect(page, "overview on a phone");
  await page.click("summary[aria-label=Menu]");
  await inspect(page, "menu on a phone");
  await picture(page, "story-phone-menu");
  await page.click("nav[aria-label='Main, phone'] >> text=Live activity");
  await page.waitForURL(`${base}/console/t/acme/activity`);
  await inspect(page, "live activity on a phone");
  await page.setViewportSize({ width: 1440, height: 900 });
}

async function withoutScript() {
  const plain = await visitor(browser, { javaScriptEnabled: false });
  await plain.goto(`${base}/console/t/acme/activity?q=hello`);
  await plain.fill("#email", person.email);
  await plain.fill("#password", person.password);
  await plain.click("form button.btn-primary");
  await plain.locator("tbody tr").nth(1).waitFor();
  expect(plain, "signing in leads back", plain.url() === `${base}/console/t/acme/activity?q=hello`);
  expect(plain, "the list and its filter work", (await plain.locator("tbody tr").count()) === 2);
  await plain.click("text=Removed");
  expect(plain, "links carry the filter", plain.url().includes("op=remove") && plain.url().includes("q=hello"));
  await plain.click("aside >> button[aria-label='Sign out']");
  expect(plain, "signing out works", await plain.getByText("You are signed out").isVisible());
  await plain.context().close();
}

async function signOut() {
  const other = await page.context().newPage();
  await other.goto(`${base}/console/t/acme/activity`);
  await other.waitForSelector('[data-live="on"]');
  await page.goto(`${base}/console/t/acme`);
  await page.click("aside >> button[aria-label='Sign out']");
  await page.waitForURL(/\/console\/login/);
  await inspect(page, "signed out");
  await other.waitForSelector('[data-live="ended"]');
  await page.goto(`${base}/console/t/acme`);
  expect(page, "the pages are closed again", page.url().includes("/console/login?next="));
  const kept = await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]);
  const known = ["htmx-current-path-for-history"]; // an address, nothing of a page
  kept.filter((k) => !known.includes(k)).forEach((k) => note(page, `the browser keeps ${k}`));
}
