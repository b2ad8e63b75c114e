// API keys: made, mistyped, shown once, narrowed, paused and taken away under live devices, edited by two at once, and what they were used for.
import { readFileSync } from "node:fs";
import { at, ending, field, follow, makeKey, press, small, soon, status } from "../keypage.mjs";
import { hostile } from "../walker.mjs";

export async function walk(w) {
  await mistype(w);
  let key = await seeTheSecretOnce(w);
  const use = usage(w, key);
  await narrowed(w);
  await expiring(w);
  await pause(w, key);
  await restricted(w, key);
  await bounded(w, key);
  key = await another(w, key);
  await meetAnother(w);
  await cutDown(w, key);
  await find(w);
  await use();
  await revoke(w, key);
  await small(w, ["api-keys", "api-keys/new", await addressOf(w, "walk")]);
}

/** open goes to a key's page by the list. */
async function open(w, name) {
  await w.go("api-keys");
  await w.page.getByRole("link", { name, exact: true }).click();
  await at(w.page, name);
}

async function addressOf(w, name) {
  await open(w, name);
  return w.page.url().slice(w.home.length + 1);
}

async function mistype(w) {
  const { page } = w;
  await w.go("api-keys");
  await follow(page, "New key");
  await at(page, "New API key");
  await w.look("a new key");
  await page.getByLabel("May read").uncheck();
  await page.getByLabel("May write").uncheck();
  await field(page, "User").fill("*");
  await page.getByLabel("Expires").selectOption({ label: "On a date" });
  await press(page, "Create key");
  await w.sees("Not everything is right yet");
  await w.look("a key without a name");
  w.expect("what was chosen is kept", (await field(page, "User").inputValue()) === "*" && !(await page.getByLabel("May read").isChecked()) && (await page.getByLabel("Expires").inputValue()) === "date");
}

async function seeTheSecretOnce(w) {
  const { page } = w;
  if (w.script) await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const key = await makeKey(page, w.base, w.slug, "Tablets");
  await w.look("its secret");
  w.expect("it lets in", (await status(w, key)) === "200");
  if (w.script) {
    await page.getByRole("group", { name: "Secret of the key" }).getByRole("button", { name: "Copy" }).click();
    await page.getByText("Copied").waitFor();
    w.expect("it is copied", (await page.evaluate(() => navigator.clipboard.readText())) === key);
  }
  const coming = page.waitForEvent("download");
  await press(page, "Download as a text file");
  const file = await coming;
  w.expect("the file has it", readFileSync(await file.path(), "utf8").includes(`TIDEMARK_API_KEY=${key}\n`) && file.suggestedFilename().startsWith(`tidemark-${w.slug}-`));
  const shown = page.url();
  await follow(page, "I stored it");
  await at(page, "Tablets");
  await page.goto(shown);
  await w.sees("A secret is shown once");
  w.expect("no page has it any more", !(await page.content()).includes(key));
  await w.look("a new key's page");
  return key;
}

/** narrowed makes a key of one user that reads some keys and changes nothing. */
async function narrowed(w) {
  const { page } = w;
  for (const name of ["orders/1", "private"]) await w.put(name, name);
  const key = await makeKey(page, w.base, w.slug, "Display", async () => {
    await field(page, "User").fill("dana");
    await page.getByLabel("May write").uncheck();
    await page.getByRole("checkbox", { name: "read", exact: true }).uncheck();
    await page.getByText("Finer scopes").first().click();
    await field(page, "Narrowed to some keys").fill("items:read:storage/orders/*");
    await w.look("a narrow key");
  });
  w.expect("it reads what it may", (await status(w, key, "GET", "/item/orders%2F1")) === "200");
  w.expect("it does not read the rest", (await status(w, key, "GET", "/item/private")) === "403 scope_missing");
  w.expect("it changes nothing", (await status(w, key, "PUT", "/item/orders%2F1", { value: 1 })) === "403 read_only");
  w.expect("it is no other user", (await status(w, key, "GET", "/item/orders%2F1", undefined, { "X-User-Id": "ed" })) === "403 identity_mismatch");
  await open(w, "Display");
  await w.sees("read only");
  await w.sees("Gives nothing: writing is switched off for this key.");
  await w.look("a narrow key's page");
}

async function expiring(w) {
  const { page } = w;
  const day = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  await makeKey(page, w.base, w.slug, `Import ${hostile}`, async () => {
    await page.getByLabel("Expires").selectOption({ label: "On a date" });
    await page.getByLabel("Date").fill(day);
  });
  await w.go("api-keys");
  await follow(page, "Expiring");
  await w.sees(/expires in \d/);
  await soon(w, "it alone is about to expire", async () => (await page.getByRole("row").count()) === 2);
}

/** pause disables a key under a live device, and takes that back. */
async function pause(w, key) {
  const { page } = w;
  const told = ending(await w.device("tablet-1", { key }));
  await open(w, "Tablets");
  await soon(w, "the page counts the device", async () => { await page.reload(); return page.getByText("1 device", { exact: true }).isVisible(); });
  await press(page, "Disable");
  await w.sees("The key is disabled. Whoever holds it is shut out.");
  w.expect("the device is told", (await told) === "api_key_inactive");
  w.expect("a request is refused", (await status(w, key)) === "401 api_key_inactive");
  await w.look("disabled");
  await press(page, "Undo");
  await w.sees("The key is enabled. It lets in again.");
  await soon(w, "it lets in again", async () => (await status(w, key)) === "200");
  await w.device("tablet-1", { key });
  await press(page, "Undo");
  await w.sees("The key is disabled.");
  await press(page, "Enable");
  await w.sees("The key is enabled.");
  await soon(w, "it lets in again", async () => (await status(w, key)) === "200");
}

/** restricted keeps a key to another network than the one its device is in, and lets it in again. */
async function restricted(w, key) {
  const { page } = w;
  const told = ending(await w.device("tablet-1", { key }));
  await open(w, "Tablets");
  await follow(page, "Edit");
  await at(page, "Edit API key");
  await page.locator("summary", { hasText: "Restrictions" }).click();
  await field(page, "Addresses").fill("nowhere");
  await press(page, "Save");
  await w.sees("The addresses must be IP addresses and networks");
  await w.look("an address that is none");
  await field(page, "Addresses").fill("192.0.2.7/24");
  await press(page, "Save");
  await w.sees("The key was saved.");
  await w.sees("192.0.2.0/24");
  w.expect("the device is told", (await told) === "ip_not_allowed");
  w.expect("a request from elsewhere is refused", (await status(w, key)) === "403 ip_not_allowed");
  await w.look("restricted");
  await follow(page, "Edit");
  await at(page, "Edit API key");
  await field(page, "Addresses").fill("");
  await press(page, "Save");
  await w.sees("The key was saved.");
  await soon(w, "it lets in again", async () => (await status(w, key)) === "200");
}

/** bounded lets a key ask twice a month, and then as often as it likes. */
async function bounded(w, key) {
  const { page } = w;
  await w.sees("as often as one likes");
  await follow(page, "Edit");
  await at(page, "Edit API key");
  await page.locator("summary", { hasText: "Quotas" }).click();
  await field(page, "Per month").fill("a lot");
  await press(page, "Save");
  await w.sees("Requests per month must be a whole number");
  await w.look("a quota that is none");
  await field(page, "Per month").fill("2");
  await press(page, "Save");
  await w.sees("The key was saved.");
  const told = [];
  for (let i = 0; i < 3; i++) told.push(await status(w, key));
  w.expect(`two requests are let through (${told})`, told.join() === "200,200,429 quota_exceeded");
  await page.reload();
  await w.sees("2 of 2");
  await w.look("a quota used up");
  await follow(page, "Edit");
  await at(page, "Edit API key");
  await field(page, "Per month").fill("");
  await press(page, "Save");
  await w.sees("The key was saved.");
  await soon(w, "it lets in again", async () => (await status(w, key)) === "200");
}

/** another gives a key another secret, and ends the one it had before its time. */
async function another(w, key) {
  const { page } = w;
  await follow(page, "New secret…");
  await at(page, "New secret");
  await w.look("before another secret is made");
  await page.getByLabel("Lets in").selectOption({ label: "For 7 days" });
  await press(page, "Make a new secret");
  const box = page.locator("#secret");
  const fresh = await box.textContent();
  await w.look("another secret");
  w.expect("both let in", (await status(w, key)) === "200" && (await status(w, fresh)) === "200" && fresh !== key);
  await follow(page, "I stored it");
  await at(page, "Tablets");
  await w.sees(/ends in 7 days/);
  await w.look("two secrets");
  await press(page, "End it now");
  await w.sees("The former secret lets nobody in any more.");
  await soon(w, "the former one lets in no more", async () => (await status(w, key)) === "401 api_key_expired");
  w.expect("the new one does", (await status(w, fresh)) === "200");
  return fresh;
}

/** meetAnother changes a key in two browsers at once, and switches one that was switched already. */
async function meetAnother(w) {
  const { page } = w;
  await open(w, "Tablets");
  const other = await w.another();
  await other.goto(page.url());
  await press(other, "Disable");
  await other.getByText("The key is disabled.").waitFor();
  await press(page, "Disable");
  await w.sees(/changed this key .*Nothing was switched/);
  await w.look("switched by another");
  await follow(page, "Edit");
  await field(page, "Name").fill("");
  await press(page, "Save");
  await w.sees(/The name must be 1 to 200/);
  await field(page, "Name").fill("Tablets of mine");
  await press(other, "Undo");
  await other.getByText("The key is enabled.").waitFor();
  await follow(other, "Edit");
  await field(other, "Name").fill("Tablets of hers");
  await press(other, "Save");
  await other.getByText("The key was saved.").waitFor();
  await other.context().close();
  await press(page, "Save");
  await w.sees("Nothing was saved. What you typed is below");
  await w.sees("Tablets of hers");
  w.expect("what was typed is kept", (await field(page, "Name").inputValue()) === "Tablets of mine");
  await w.look("edited by another");
  await press(page, "Save over it");
  await w.sees("The key was saved.");
  await at(page, "Tablets of mine");
}

/** cutDown takes the right to write from a key whose device is connected. */
async function cutDown(w, key) {
  const { page } = w;
  const device = await w.device("tablet-2", { key });
  w.expect("it may write", (await device.write("shared", 1)).ok);
  await follow(page, "Edit");
  await page.getByLabel("May write").uncheck();
  await press(page, "Save");
  await w.sees("The key was saved. Live connections are held to it at once.");
  await soon(w, "the device may no longer write", async () => (await device.write("shared", 2)).error?.code === "read_only");
  w.expect("the device may still read", (await device.emitWithAck("sync:get", { key: "shared" })).value === 1);
}

async function find(w) {
  const { page } = w;
  await w.go("api-keys");
  await w.look("all keys");
  await page.getByRole("searchbox").fill("HERS");
  await press(page, "Filter");
  await w.sees("No key fits this filter");
  await w.look("no key found");
  await follow(page, "Clear filter");
  await page.getByText("No key fits this filter").waitFor({ state: "detached" });
  await page.getByRole("searchbox").fill("of MINE");
  await press(page, "Filter");
  await page.waitForURL(/q=of/);
  await page.getByRole("link", { name: "Tablets of mine" }).waitFor();
  await soon(w, "it alone is found", async () => (await page.getByRole("row").count()) === 2);
}

/** usage is asked for now and looked at later: a server writes it down every few seconds. */
function usage(w, key) {
  const asked = Promise.all(["/item/a", "/item/b"].map((path) => status(w, key, "PUT", path, { value: 1 })));
  return async () => {
    const { page } = w;
    await asked;
    await open(w, "Tablets of mine");
    await soon(w, "its requests are counted", async () => { await page.reload(); return page.getByRole("img", { name: /\d+ requests in the last 24 hours/ }).isVisible(); }, 15_000);
    await page.getByText("Show as table").click();
    await w.look("its usage");
    await follow(page, "7 d");
    await page.getByRole("img", { name: /\d+ requests in the last 7 days/ }).waitFor();
    await w.look("its usage of a week");
  };
}

async function revoke(w, key) {
  const { page } = w;
  const told = ending(await w.device("tablet-3", { key }));
  await open(w, "Tablets of mine");
  await follow(page, "Revoke…");
  await at(page, /Revoke “.*Tablets of mine.*”/);
  await soon(w, "the devices are counted", async () => { await page.reload(); return page.getByText(/2 connected devices/).isVisible(); });
  await w.look("before it is revoked");
  await confirm(w, "Tablets");
  await w.sees("This is not the name of the key.");
  await confirm(w, "Tablets of mine");
  await w.sees("The key is revoked.");
  w.expect("the device is told", (await told) === "revoked");
  w.expect("a request is refused", (await status(w, key)).startsWith("401"));
  await w.look("revoked");
  await w.go("api-keys?state=revoked");
  await page.getByRole("link", { name: "Tablets of mine" }).waitFor();
}

async function confirm(w, word) {
  await w.page.getByLabel(/^Type /).fill(word);
  await press(w.page, "Revoke the key");
}
