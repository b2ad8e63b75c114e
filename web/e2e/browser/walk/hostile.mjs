// Everything people can name is full of markup, script, directions, emoji, invisible and endless words:
// shown as text on every page where it comes up, and refused where a name must not hold it.
import { fill, press } from "../itempage.mjs";
import { hostile } from "../walker.mjs";

const mark = "<script>window.hacked=1</script>"; // of hostile, as a page shows it
const tag = `"><img src=x onerror=window.hacked=1> hx-get="/x" {{.}}`;
const hidden = "\u200B\u200D\uFEFF\u2066שלום\u202E🌊👩‍👩‍👧";
const endless = "x".repeat(500);
const key = `evil/${hostile}`;
const value = { [hostile]: hostile, lines: `one\ntwo\r\n${hostile}\n\u2028three`, [endless]: endless, hidden, list: [hostile, endless] };
const metadata = { [hostile]: endless };

/** bytes is a text as a header carries it. */
const bytes = (text) => Buffer.from(text).toString("latin1");
const evil = { "X-User-Id": bytes(hostile), "X-Instance-Id": bytes(hostile) };
const itemAt = (page = "", more = {}) => `storage/item${page}?${new URLSearchParams({ owner: hostile, key, ...more })}`;
const itemPath = (name) => `/api/v1/sync-storage/item/${encodeURIComponent(name)}`;

export async function walk(w) {
  w.page.on("dialog", (d) => { w.expect(`no page opens a dialog: ${d.message()}`, d.type() === "beforeunload"); d.accept(); });
  const device = await nameEverything(w);
  await refused(w);
  await item(w);
  await history(w);
  await form(w);
  await storage(w);
  await manyAtOnce(w);
  await activity(w, device);
  await devices(w);
  await access(w);
  await tenants(w);
  await palette(w);
  await system(w);
  await addresses(w);
  await downloads(w);
}

/** shown holds a page against what was written: nothing of it is markup, and it is there as text. */
async function shown(w, where, text = mark) {
  await w.page.locator("main, #toasts").getByText(text).first().waitFor({ state: "attached", timeout: 8000 }).catch(() => w.expect(`${where} shows ${text}`, false));
  await isText(w, where);
}

async function isText(w, where) {
  const { made, loose, over } = await w.page.evaluate(() => {
    const own = "[onerror], [onclick], img[src=x], script:not([src]), [hx-get='/x'], [src='javascript:'], a[href^='javascript:' i]";
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), loose = [];
    for (let t = texts.nextNode(); t; t = texts.nextNode()) {
      const rest = t.data.replace(/\u2068[^\u2069]*(\u2069|$)/g, ""), alone = t.parentElement.closest("h1, h2, p, li, td, th, div, .block")?.textContent.trim() === t.data.trim();
      if (rest.includes("\u202E") && !alone && !t.parentElement.closest("bdi, [dir], pre, textarea, option, .sr-only")) loose.push(t.parentElement.outerHTML.slice(0, 160));
    }
    return { made: [...document.querySelectorAll(own)].map((e) => e.outerHTML.slice(0, 160)), loose, over: document.documentElement.scrollWidth - document.documentElement.clientWidth };
  });
  w.expect(`${where}: nothing written becomes markup: ${made}`, made.length === 0);
  w.expect(`${where}: directions stay with what was written: ${loose}`, loose.length === 0);
  w.expect(`${where}: fits, ${over} px over`, over <= 0);
  w.expect(`${where}: no script ran`, !(await w.page.evaluate(() => window.hacked)));
}

async function nameEverything(w) {
  const { page } = w;
  await w.go(`/tenants?q=${w.slug}`);
  await page.locator("main").getByRole("link", { name: /^Settings of/ }).first().click();
  await page.fill("[name=name]", hostile);
  await press(page, /^Save/);
  await page.locator("main, #toasts").getByText(/saved/i).first().waitFor();
  await w.api("PUT", itemPath(key), { value: "first", tags: [hidden.slice(0, 8)] }, evil);
  await w.api("PUT", itemPath(key), { value, metadata, tags: [tag, hidden, "x".repeat(64)] }, evil);
  await w.api("PUT", itemPath(endless), { value: endless, tags: [tag] }, evil);
  await w.api("PUT", itemPath(`${hostile}${hostile}/deep/er`), { value: true }, evil);
  const device = await w.device(hostile, { userId: hostile, headers: { "User-Agent": bytes(hostile) } });
  await device.write(`evil/by a device ${hostile}`, value);
  await w.device("x".repeat(128), { userId: "y".repeat(128), headers: { "User-Agent": `Mozilla/5.0 ${endless}` } });
  return device;
}

/** refused are names that would break out of a line or a field. */
async function refused(w) {
  const put = (name, body = { value: 1 }, headers = {}) => w.api("PUT", itemPath(name), body, headers).then(() => "taken", (e) => / (4\d\d) /.exec(e.message)?.[1]);
  for (const [what, answer] of Object.entries({
    "a key with a newline": put("a\nb"), "a key with a NUL": put("a\0b"), "a key too long": put("x".repeat(513)), "a control character of the upper half": put("a\u0085b"),
    "a tag with a newline": put("k", { value: 1, tags: ["a\nb"] }), "a tag too long": put("k", { value: 1, tags: ["x".repeat(65)] }),
    "metadata that is text": put("k", { value: 1, metadata: hostile }), "an owner too long": put("k", { value: 1 }, { "X-User-Id": "x".repeat(129) }),
    "an owner that is not UTF-8": put("k", { value: 1 }, { "X-User-Id": "a\xffb" }), "a device too long": put("k", { value: 1 }, { "X-Instance-Id": "x".repeat(129) }),
  })) w.expect(`${what} is refused: ${await answer}`, /^4(00|13|14|22|31)$/.test(await answer));
}

async function item(w) {
  await w.go(itemAt());
  await shown(w, "the item");
  w.expect("the title is text", (await w.page.title()).includes(mark));
  await w.look("the item");
  await w.go(itemAt("", { view: "json" }));
  await shown(w, "its JSON");
  await shown(w, "its JSON", "\\u200b");
  await w.go(`storage/item?${new URLSearchParams({ owner: hostile, key: endless })}`);
  await shown(w, "an endless item", endless);
}

async function history(w) {
  const { page } = w;
  await w.go(itemAt("/history"));
  await shown(w, "the history");
  await w.look("the history");
  await press(page, "Compare");
  await page.getByRole("heading", { name: /Version 1 and version 2/ }).waitFor();
  await shown(w, "the difference");
  await page.getByRole("link", { name: "Text", exact: true }).click();
  await page.getByLabel("Difference by lines").waitFor();
  await shown(w, "the difference by lines");
}

async function form(w) {
  const { page } = w;
  await w.go(itemAt("/edit"));
  await isText(w, "the form");
  if (w.script) await page.getByLabel("Value. JSON.").waitFor();
  await w.look("the form");
  await fill(page, "Value", hostile);
  await page.getByLabel("Tags").fill(tag + tag);
  await page.getByLabel("Expires").fill(hostile);
  await page.getByLabel("Priority").fill(hostile);
  await press(page, "Save");
  await w.sees("Not everything is right yet");
  await isText(w, "a wrong form");
  w.expect("what was typed is still there", (await page.getByLabel("Expires").inputValue()) === hostile);
  await w.go(itemAt("/edit"));
  await fill(page, "Value", JSON.stringify(hostile));
  await w.api("PUT", itemPath(key), { value, metadata, tags: [tag, hidden] }, evil);
  await press(page, "Save");
  await w.sees("It has changed since you opened it");
  await shown(w, "a stale form");
  await w.look("a stale form");
}

async function storage(w) {
  await w.go("storage");
  await isText(w, "the folders of all users");
  for (const [where, query] of Object.entries({
    "the folders": { owner: hostile }, "a folder": { owner: hostile, prefix: "evil/" }, "the list": { view: "list" }, "a tag": { view: "list", tag },
    "a prefix that nothing has": { prefix: hostile, owner: hostile, tag },
  })) {
    await w.go(`storage?${new URLSearchParams(query)}`);
    await isText(w, where);
    if (where === "the list") await w.look(where);
  }
}

async function manyAtOnce(w) {
  const { page } = w;
  await w.go(`storage?${new URLSearchParams({ owner: hostile, view: "list", prefix: "evil/" })}`);
  await page.locator("[name=action]").selectOption("tag");
  await page.locator("[name=with]").fill(tag);
  await press(page, "Preview for all that match");
  await page.getByText(tag).first().waitFor();
  await isText(w, "the preview");
  await w.look("a preview of many");
  await page.locator("main form button.btn-primary").first().click();
  await page.waitForURL(/\/jobs\//);
  await isText(w, "the job");
  await w.go("storage/jobs");
  await isText(w, "the jobs");
  await w.go("/system/jobs");
  await isText(w, "the jobs of all tenants");
}

async function activity(w, device) {
  const { page } = w;
  await w.go("activity");
  await shown(w, "live activity");
  if (w.script) await page.locator("[data-live=on]").waitFor();
  await device.write(`evil/streamed ${hostile}`, value);
  if (!w.script) await page.reload();
  await page.locator("#feed").getByText("evil/streamed").waitFor();
  await shown(w, "live activity as it comes");
  await w.look("live activity");
  await w.go(`activity?${new URLSearchParams({ q: hostile, user: hostile, device: hostile, prefix: "evil/" })}`);
  await shown(w, "live activity filtered");
  await w.go(`activity?${new URLSearchParams({ q: hostile + endless, user: endless })}`);
  await isText(w, "live activity without a row");
  await w.go("");
  await shown(w, "the overview");
  await w.look("the overview");
}

async function devices(w) {
  const { page } = w;
  await w.go("devices");
  await shown(w, "devices");
  await w.look("devices");
  await w.go(`devices?${new URLSearchParams({ q: hostile, user: hostile })}`);
  await shown(w, "devices filtered");
  await w.go(`devices?${new URLSearchParams({ q: endless + hostile, user: hostile + endless })}`);
  await isText(w, "no device");
  await w.go(`devices/item?${new URLSearchParams({ user: "y".repeat(128), id: "x".repeat(128) })}`);
  await isText(w, "a device with an endless name");
  const at = `devices/item?${new URLSearchParams({ user: hostile, id: hostile })}`;
  await w.go(at);
  await shown(w, "a device");
  await w.look("a device");
  await press(page, "Disconnect");
  await page.locator("#toasts").getByText(mark).waitFor();
  await isText(w, "a toast");
  await page.getByRole("link", { name: /^Forget/ }).click();
  await page.locator("[name=confirm]").waitFor();
  await shown(w, "before it is forgotten");
}

async function access(w) {
  const { page } = w;
  await w.go("api-keys/new");
  await page.getByLabel("Name", { exact: true }).fill(hostile);
  await page.getByText("Finer scopes").first().click();
  await page.getByLabel("Narrowed to some keys").fill(hostile);
  await press(page, "Create key");
  await w.sees("Not everything is right yet");
  await isText(w, "a key's wrong form");
  await page.getByLabel("Narrowed to some keys").fill("");
  await page.getByLabel("Name", { exact: true }).fill(hostile + "y".repeat(90));
  await press(page, "Create key");
  await page.getByRole("group", { name: "Secret of the key" }).waitFor();
  await shown(w, "a key's secret");
  await w.go("api-keys");
  await shown(w, "API keys");
  await w.look("API keys");
  await page.locator("main").getByRole("link", { name: hostile.slice(0, 20) }).first().click();
  await page.getByRole("heading", { name: hostile.slice(0, 20) }).waitFor();
  await shown(w, "an API key");
  await w.go("audit");
  await shown(w, "the tenant's audit");
  await w.look("the tenant's audit");
}

async function tenants(w) {
  const { page } = w;
  await w.go(`/tenants?q=${w.slug}`);
  await shown(w, "tenants");
  await w.look("tenants");
  await page.locator("main").getByRole("link", { name: /^Settings of/ }).first().click();
  await page.locator("[name=name]").waitFor();
  await isText(w, "a tenant");
  w.expect("the title is text", (await page.title()).includes(mark));
  await page.fill("[name=retentionDays]", hostile);
  await press(page, /^Save/);
  await w.sees("Not everything is right yet");
  await isText(w, "a tenant's wrong form");
  await page.goto(`${page.url().split("?")[0]}/delete`);
  await isText(w, "before a tenant is deleted");
  await w.go("/tenants");
  const switcher = page.locator("details[data-menu] a", { hasText: mark });
  w.expect("the switcher has its name as text", await switcher.count() > 0);
}

async function palette(w) {
  const { page } = w;
  if (w.script) {
    await w.go("");
    await page.keyboard.press("Control+k");
    await page.locator("#palette input[type=search]").fill("evil/");
    await page.locator("#palette-list").getByText(mark).first().waitFor();
    await isText(w, "the palette");
    await w.look("the palette");
  }
  for (const q of ["evil/", hostile, endless]) {
    await w.go(`/palette?${new URLSearchParams({ t: w.slug, q })}`);
    await isText(w, `the search for ${q.slice(0, 10)}`);
  }
  await w.go(`/palette?${new URLSearchParams({ t: hostile, q: hostile })}`);
  await isText(w, "the search in no tenant");
}

async function system(w) {
  for (const table of ["items", "changes", "instances", "tenants", "api_keys", "audit"]) {
    await w.go(`/system/tables/${table}`);
    await isText(w, `the table ${table}`);
    if (table === "items") await w.look("a table");
  }
  await w.go("/system/audit");
  await isText(w, "the audit");
  await w.go(`/system/audit?${new URLSearchParams({ q: hostile, actor: hostile, action: hostile, target: hostile })}`);
  await isText(w, "the audit filtered");
}

/** addresses are echoed by nothing, or as text. */
async function addresses(w) {
  const path = encodeURIComponent(hostile);
  for (const at of [`/${path}`, `/t/${path}`, `/t/${w.slug}/${path}`, `/t/${w.slug}/api-keys/${path}`, `/tenants/${path}`, `/system/tables/${path}`, `/t/${w.slug}/storage/jobs/${path}`,
    `/t/${w.slug}/storage/item?${new URLSearchParams({ owner: hostile, key: `never ${hostile}` })}`, `/t/${w.slug}/devices/item?${new URLSearchParams({ user: hostile, id: `never ${hostile}` })}`,
    `/t/${w.slug}/devices?page=${path}`, `/t/${w.slug}/storage?page=${path}`]) {
    const answer = await w.go(at);
    w.expect(`${at} is not there: ${answer.status()}`, answer.status() >= 400 && answer.status() < 500);
    await isText(w, at);
  }
  await w.look("an address that is not there");
}

async function downloads(w) {
  for (const at of [`storage/export?${new URLSearchParams({ owner: hostile, prefix: "evil/" })}`, itemAt("/raw")]) {
    const answer = await w.page.request.get(`${w.home}/${at}`), headers = answer.headers();
    w.expect(`${at} has a plain file name: ${headers["content-disposition"]}`, /filename="?[\w.-]+"?$/.test(headers["content-disposition"]));
    w.expect(`${at} is no page: ${headers["content-type"]}`, !/html/.test(headers["content-type"]) && headers["x-content-type-options"] === "nosniff");
  }
}
