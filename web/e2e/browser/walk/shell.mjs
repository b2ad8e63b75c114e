// What is around every page: the palette, the keyboard, the way here, skipping it, toasts, and pages for what went wrong.
import { itemAt, type, typed } from "../itempage.mjs";
import { follow, press, soon } from "../keypage.mjs";
import { narrow } from "../livepage.mjs";
import { hostile } from "../walker.mjs";

export async function walk(w) {
  await w.put("orders/0001", { total: 12 });
  await w.put(hostile, hostile);
  await findAPage(w);
  await findATenant(w);
  await findAKey(w);
  await findAnItem(w);
  await findNothing(w);
  await goByKeys(w);
  await rowsByKeys(w);
  await keysWhileTyping(w);
  await everyPageSaysWhereItIs(w);
  await skipToTheContent(w);
  if (w.script) await quickerThanThePage(w);
  if (w.script) await theLastClickCounts(w);
  await undoFromAToast(w);
  await whereThereIsNothing(w);
  await whatIsNotDoneThatWay(w);
  await whatIsTooLarge(w);
}

/** search opens the palette, which is a page where there is no script, and types. */
async function search(w, typed, from = "") {
  const { page } = w;
  await w.go(from);
  if (!w.script) {
    await page.getByRole("link", { name: "Search", exact: true }).click();
    await page.locator("#palette-search").fill(typed);
    await press(page, "Search");
    await page.waitForURL(/palette\?.*q=/);
    return page.locator("main");
  }
  await page.keyboard.press("Control+k");
  await page.locator("#palette[open]").waitFor();
  await page.keyboard.type(typed.slice(0, 60));
  await page.waitForFunction((t) => document.querySelector("#palette").dataset.asked === t, typed.slice(0, 60).trim());
  return page.locator("#palette-list");
}

/** choose goes to what was found: by Enter when it is the first, or by a click. */
async function choose(w, found, label, to) {
  const one = found.locator("a").filter({ hasText: label }).first();
  w.expect(`${label} is found`, await one.isVisible());
  if (w.script && (await one.getAttribute("aria-selected")) === "true") await w.page.keyboard.press("Enter");
  else await one.click();
  await w.page.waitForURL(to);
}

async function findAPage(w) {
  await choose(w, await search(w, "audit"), "Audit", /\/audit$/);
}

async function findATenant(w) {
  const found = await search(w, w.slug, "/system");
  await w.look("palette, a tenant");
  await choose(w, found, w.slug, w.home);
}

async function findAKey(w) {
  const found = await search(w, "walk", "storage");
  await choose(w, found, /sk_live_/, /\/api-keys\/\w{26}$/);
  w.expect("it is the tenant's own", w.page.url().startsWith(w.home));
}

async function findAnItem(w) {
  const found = await search(w, "orders/");
  await w.look("palette, an item");
  if (!w.script) await narrow(w, "palette");
  await choose(w, found, "orders/0001", /storage\/item\?/);
  await w.sees("orders/0001");
  const odd = await search(w, hostile.slice(0, 20));
  w.expect("a hostile key is text", await odd.getByText(hostile.slice(0, 20)).first().isVisible());
  await w.look("palette, a hostile item");
}

async function findNothing(w) {
  const found = await search(w, "there is nothing like this", "/tenants");
  w.expect("nothing is told", await found.getByText("Nothing of that name.").isVisible());
  await w.look("palette, nothing");
  if (!w.script) return;
  await w.page.keyboard.press("Escape");
  w.expect("Escape closes it", !(await w.page.locator("#palette[open]").count()));
}

/** goByKeys presses G and the letter that the list of shortcuts gives a page. */
async function goByKeys(w) {
  if (!w.script) return;
  const { page } = w;
  const pages = { o: "", l: "/activity", s: "/storage", d: "/devices", k: "/api-keys", u: "/audit", t: "/console/tenants", y: "/console/system", a: "/console/account" };
  for (const [key, to] of Object.entries(pages)) {
    await w.go("storage");
    await soon(w, `G ${key} leads to ${to}`, async () => { // pressed too far apart they are two keys, as on a busy machine
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      return page.waitForURL(to.startsWith("/console") ? `${w.base}${to}` : w.home + to, { timeout: 4000 }).then(() => true, () => false);
    }, 20_000);
  }
  await w.go();
  await page.keyboard.press("?");
  const said = await page.locator("#help").innerText();
  for (const label of ["Overview", "Live activity", "Storage", "Devices", "API keys", "Audit", "Tenants", "System", "Account", "Next row", "Search or jump to"]) w.expect(`the list of shortcuts has ${label}`, said.includes(label));
  await w.look("shortcuts");
  await page.keyboard.press("Escape");
  w.expect("Escape closes the list", !(await page.locator("#help").isVisible()));
}

async function rowsByKeys(w) {
  if (!w.script) return;
  const { page } = w, here = () => page.evaluate(() => document.activeElement.closest("tr")?.textContent ?? "");
  await w.go("storage?view=list");
  await page.keyboard.press("j");
  const first = await here();
  await page.keyboard.press("j");
  w.expect("J goes down a row", first !== "" && (await here()) !== first);
  await page.keyboard.press("k");
  w.expect("K goes up again", (await here()) === first);
  await page.keyboard.press("Enter");
  await page.waitForURL(/storage\/item\?/);
}

async function keysWhileTyping(w) {
  if (!w.script) return;
  await w.go("devices");
  await w.page.keyboard.press("/");
  w.expect("/ goes to the filter", await w.page.evaluate(() => document.activeElement.matches("[data-filter]")));
  await w.page.keyboard.type("g?j/");
  w.expect("keys are letters while one types", (await w.page.locator("[data-filter]").first().inputValue()) === "g?j/" && !(await w.page.locator("#help").isVisible()));
}

async function everyPageSaysWhereItIs(w) {
  const tenants = ["", "activity", "storage", "storage/item/new", "storage/import", "storage/jobs", "storage/item?owner=dana&key=orders/0001", "storage/item/history?owner=dana&key=orders/0001", "devices", "api-keys", "api-keys/new", "audit", "connect"];
  const installation = ["/tenants", "/tenants/new", "/system", "/system/jobs", "/system/settings", "/system/audit", "/system/tables", "/system/tables/items", "/account", "/palette"];
  for (const path of [...tenants, ...installation]) {
    const res = await w.go(path);
    const crumbs = w.page.getByRole("navigation", { name: "Breadcrumb" });
    const here = (await crumbs.locator('[aria-current="page"]').textContent()).trim();
    w.expect(`${path || "overview"} is there (${res.status()}) and says where it is (${here})`, res.status() === 200 && here !== "");
    w.expect(`${path || "overview"} has one heading`, (await w.page.locator("h1").count()) === 1);
    w.expect(`${path || "overview"} has a title`, (await w.page.title()).endsWith("Tidemark") && (await w.page.title()).includes(here.slice(0, 20)));
    w.expect(`${path || "overview"} leads back into its tenant`, path.startsWith("/") || (await crumbs.locator(`a[href="/console/t/${w.slug}"]`).count()) === 1);
  }
  await w.go("/system/tables/items");
  await w.page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("link", { name: "Tables" }).click();
  await w.page.waitForURL(/\/system\/tables$/);
}

async function skipToTheContent(w) {
  await w.go("devices");
  await w.page.keyboard.press("Tab");
  const on = () => w.page.evaluate(() => document.activeElement.textContent.trim());
  w.expect("the first stop skips what is around the page", (await on()) === "Skip to content" && (await w.page.getByRole("link", { name: "Skip to content" }).isVisible()));
  await w.look("skip link");
  await w.page.keyboard.press("Enter");
  await w.page.keyboard.press("Tab");
  w.expect("then one is in the page", await w.page.evaluate(() => Boolean(document.activeElement.closest("main"))));
}

/** quickerThanThePage is in a field of a page that has only just come, and stays there. */
async function quickerThanThePage(w) {
  const { page } = w;
  await w.go("api-keys");
  const stayed = await page.evaluate(() => new Promise((done) => {
    document.addEventListener("htmx:afterSwap", () => document.getElementById("key-name").focus(), { once: true });
    document.addEventListener("htmx:afterSettle", () => setTimeout(() => done(document.activeElement.id)), { once: true });
    [...document.querySelectorAll("main a")].find((a) => a.textContent.trim() === "New key").click();
  }));
  w.expect(`the field keeps the focus (${stayed})`, stayed === "key-name");
  await w.go("devices");
  const came = await page.evaluate(() => new Promise((done) => {
    document.addEventListener("htmx:afterSettle", () => setTimeout(() => done(document.activeElement.id)), { once: true });
    document.querySelector('nav a[href$="/api-keys"]').click();
  }));
  w.expect(`else the content gets it (${came})`, came === "main");
}

/** theLastClickCounts follows a link whose page comes late, and leaves it for another, or goes back. */
async function theLastClickCounts(w) {
  const { page } = w, link = (to) => page.evaluate((at) => document.querySelector(`nav a[href="${at}"]`).click(), new URL(w.home + to).pathname);
  const late = async (route) => {
    await page.waitForTimeout(700);
    await route.continue().catch(() => {}); // it may be given up
  };
  await page.route(/\/audit$/, late);
  await w.go("devices");
  for (const leave of [() => link("/storage"), () => page.goBack()]) {
    await Promise.all([page.waitForRequest(/\/audit$/), link("/audit")]);
    await leave();
    await page.waitForTimeout(1200);
    const heads = await page.locator("main h1").innerText();
    w.expect(`the last click counts (${heads} at ${page.url()})`, page.url().endsWith(heads === "Storage" ? "/storage" : "/devices"));
  }
  w.expect("it is back where it was", page.url().endsWith("/devices"));
  await page.unroute(/\/audit$/, late);
}

/** undoFromAToast disables the tenant's key and takes it back where that is told. */
async function undoFromAToast(w) {
  const { page } = w, works = () => w.api("GET", "/api/v1/sync-storage/keys").then(() => true, () => false);
  await w.go("api-keys");
  await follow(page, "walk");
  await press(page, "Disable");
  await page.getByRole("button", { name: "Undo" }).waitFor();
  await w.look("toast");
  await soon(w, "clients are shut out", async () => !(await works()));
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Disable", exact: true }).waitFor();
  await soon(w, "and in again", works);
  if (!w.script) return;
  const toast = page.locator("#toasts [data-toast]");
  await toast.getByRole("button", { name: "Close" }).last().click();
  w.expect("a toast can be closed", (await toast.count()) === 0);
}

/** wrong holds a page for what went wrong against what it must say. */
async function wrong(w, res, status, title) {
  w.expect(`${res.url()} is ${status}: ${res.status()}`, res.status() === status);
  await w.sees(title);
  const id = (await w.page.locator("main dd").first().textContent()).trim();
  w.expect(`the request's id is shown: ${id}`, id !== "" && id === res.headers()["x-request-id"]);
}

async function whereThereIsNothing(w) {
  await wrong(w, await w.go("no-such-page"), 404, "Page not found");
  w.expect("the tenant's pages stay at hand", await w.page.locator(`nav a[href="/console/t/${w.slug}/storage"]`).count());
  await w.look("no such page");
  await narrow(w, "no such page");
  await wrong(w, await w.go("storage/item?owner=dana&key=nothing"), 404, "Page not found");
  await wrong(w, await w.go("api-keys/01ARZ3NDEKTSV4RRFFQ69G5FAV"), 404, "Page not found");
  await wrong(w, await w.page.goto(`${w.base}/console/t/nobody`), 404, "Page not found");
  await follow(w.page, "Back to the console").catch(() => follow(w.page, "Back to where you were"));
  await w.page.waitForURL((u) => !u.pathname.endsWith("/nobody"));
}

async function whatIsNotDoneThatWay(w) {
  const res = await w.page.goto(`${w.base}/console/logout`);
  w.expect(`a form's address is no page: ${res.status()}`, [404, 405].includes(res.status()));
  await w.look("not a page");
  await w.go("/account");
  w.expect("and nobody is signed out by it", new URL(w.page.url()).pathname === "/console/account");
}

/** whatIsTooLarge sends more than is taken at once: a script keeps what was typed, without one there is a page. */
async function whatIsTooLarge(w) {
  const { page } = w, text = JSON.stringify(Array.from({ length: 13_000 }, () => "x".repeat(100)), null, 1);
  await w.go(itemAt("orders/0001", "/edit"));
  await type(page, "value", text);
  const [res] = await Promise.all([page.waitForResponse((r) => r.request().method() === "POST"), press(page, "Save")]);
  if (!w.script) {
    await wrong(w, res, 413, "Too large");
    await w.look("too large");
    await narrow(w, "too large");
    await follow(page, "Back to where you were");
    return page.waitForURL(/item\/edit/);
  }
  w.expect(`it is refused: ${res.status()}`, res.status() === 413);
  await w.sees("it is larger than is taken at once");
  w.expect("what was typed is still there", (await typed(page, "value")) === text);
  await w.look("too large");
}
