// What a key is used for: a request rehearsed before it is made, an edit tried before it is saved, and a key held to what it was used for.
import { at, field, follow, makeKey, press, small, soon, status } from "../keypage.mjs";

export async function walk(w) {
  const { page } = w;
  const key = await makeKey(page, w.base, w.slug, "Reports");
  await rehearse(w, key);
  await tryAnEdit(w);
  await tighten(w, key);
  await w.go("api-keys");
  await follow(page, "Reports");
  await at(page, "Reports");
  const own = page.url().slice(w.home.length + 1);
  await w.look("where its requests came from");
  await small(w, [`${own}/try`, `${own}/tighten`]);
}

async function rehearse(w, key) {
  const { page } = w;
  await follow(page, "I stored it");
  await at(page, "Reports");
  await follow(page, "Rehearse");
  await at(page, "Rehearse a request");
  await w.sees("Nothing was asked with this key");
  await w.look("before a rehearsal");
  await field(page, "curl command line").fill(`curl '${w.base}/api/v1/sync-storage/item/a' \\\n  -X PUT -H "X-API-Key: ${key}" -A Reports/2.1 -d '{"value":1}'`);
  await press(page, "Rehearse");
  await w.sees("Nothing in the way.");
  w.expect("its secret is not shown again", !(await page.content()).includes(key));
  await w.look("a request that is let through");
  await field(page, "curl command line").fill(`curl 'never closed ${key}`);
  await press(page, "Rehearse");
  await w.sees("This cannot be read: a quote is not closed.");
  w.expect("nor is it where nothing could be read", !(await page.content()).includes(key));
  await w.look("no command line");
  await follow(page, "Back to the key");
  await at(page, "Reports");
}

async function tryAnEdit(w) {
  const { page } = w;
  await follow(page, "Edit");
  await at(page, "Edit API key");
  await page.locator("summary", { hasText: "Restrictions" }).click();
  await field(page, "Addresses").fill("192.0.2.0/24");
  await press(page, "Try it first");
  await at(page, "Rehearse a request");
  await press(page, "Rehearse");
  await w.sees("With what you edited and did not save");
  await w.sees("ip_not_allowed");
  await w.look("an edit that would shut it out");
}

async function tighten(w, key) {
  const { page } = w;
  w.expect("it is let in as before", (await status(w, key)) === "200");
  const open = async () => {
    await w.go("api-keys");
    await follow(page, "Reports");
    await at(page, "Reports");
    await follow(page, "Tighten");
    await at(page, "Tighten by use");
  };
  await open();
  await soon(w, "what it was used for is proposed", async () => { await page.reload(); return page.getByLabel("Hold the key to this").first().isVisible(); }, 15_000);
  await w.sees(/none would have been refused/);
  await w.look("proposals");
  const addresses = field(page, "Addresses"), right = await addresses.inputValue();
  await addresses.fill("192.0.2.0/24");
  await press(page, "Save");
  await w.sees(/Nothing was saved: .*would have been refused/);
  await w.look("a proposal that was edited too narrow");
  await field(page, "Addresses").fill(right);
  await press(page, "What would it refuse?");
  await w.sees(/none would have been refused/);
  await press(page, "Save");
  await w.sees("The key was saved.");
  await w.sees("items:read");
  w.expect("what it was used for is let in", (await status(w, key)) === "200");
  w.expect("what it was not used for is refused", (await status(w, key, "PUT", "/item/a", { value: 1 })) === "403 read_only");
}
