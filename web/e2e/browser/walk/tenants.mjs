// Tenants: made, mistyped, found, filled to their limits, edited by two at once, suspended under a live device, thrown away, brought back, and deleted for good.
import { at, ending, field, follow, makeKey, press, small, soon, status } from "../keypage.mjs";
import { hostile } from "../walker.mjs";

const slug = "walk-tenants-own";
const shop = `${hostile} Ltd`;
const mine = `${hostile} & Sons`;

export async function walk(w) {
  await mistype(w);
  await takeItsSlug(w);
  const key = await makeIt(w);
  await fillIt(w, key);
  await findIt(w);
  await switchTo(w);
  await meetAnother(w);
  await suspendIt(w, key);
  await pressTooLate(w);
  await throwAway(w, key);
  await small(w, ["/tenants", "/tenants/new", `/tenants/${await idOf(w)}`, "/tenants?trash=1"]);
  await deleteIt(w, key);
}

const row = (w) => w.page.getByRole("row").filter({ hasText: slug });

/** settings opens the tenant's own settings from the list, as wide and narrow pages both have them. */
async function settings(w) {
  await w.go(`/tenants?q=${slug}`);
  await row(w).getByRole("link", { name: /^Settings of/ }).click();
  await field(w.page, "Retention, days").waitFor();
}

async function idOf(w) {
  await settings(w);
  return w.page.url().split("/").pop().split("?")[0];
}

async function mistype(w) {
  const { page } = w;
  await w.go("/tenants");
  await follow(page, "New tenant");
  await at(page, "New tenant");
  await w.look("a new tenant");
  await field(page, "Name").fill(shop);
  await field(page, "Slug").fill(w.slug);
  await field(page, "Retention, days").fill("soon");
  await field(page, "Items").fill("-1");
  await field(page, "Stored, MB").fill("a lot");
  await press(page, "Create tenant");
  await w.sees("Not everything is right yet");
  for (const text of [/The retention must be/, /The limit of items must be/, /The limit of what is stored must be/]) await w.sees(text);
  w.expect("what was typed is kept", (await field(page, "Retention, days").inputValue()) === "soon" && (await field(page, "Slug").inputValue()) === w.slug);
  await w.look("a new tenant mistyped");
}

async function takeItsSlug(w) {
  const { page } = w;
  await field(page, "Retention, days").fill("90");
  await field(page, "Items").fill("2");
  await field(page, "Stored, MB").fill("1");
  await page.getByLabel("When two writes meet").selectOption({ label: "Last write wins" });
  await press(page, "Create tenant");
  await w.sees("The slug is taken by another tenant.");
  w.expect("the name is kept", (await field(page, "Name").inputValue()) === shop);
}

async function makeIt(w) {
  const { page } = w;
  await field(page, "Slug").fill(slug);
  await press(page, "Create tenant");
  await w.sees("is made.");
  w.expect("it opens", page.url().endsWith(`/console/t/${slug}`));
  await press(page, "Undo");
  await w.sees("is in the trash");
  await press(page, "Undo");
  await w.sees("is back from the trash.");
  return makeKey(page, w.base, slug, "tablets");
}

async function fillIt(w, key) {
  const { page } = w;
  for (const name of ["a", "b"]) w.expect(`${name} is written`, (await status(w, key, "PUT", `/item/${name}`, { value: name })) === "200");
  w.expect("a third is refused", (await status(w, key, "PUT", "/item/c", { value: "c" })) === "413 storage_quota_exceeded");
  await settings(w);
  await w.sees("2 of 2");
  await w.look("at its limit");
  await field(page, "Items").fill("3");
  await field(page, "Retention, days").fill("7");
  await press(page, "Save");
  await w.sees("is saved.");
  await soon(w, "a third is written when there is room", async () => (await status(w, key, "PUT", "/item/c", { value: "c" })) === "200");
  await press(page, "Undo");
  await soon(w, "undo brings back what was", async () => (await field(page, "Items").inputValue()) === "2" && (await field(page, "Retention, days").inputValue()) === "90");
  await w.sees("3 of 2");
  w.expect("what is there already may change", (await status(w, key, "PUT", "/item/c", { value: "d" })) === "200");
}

async function findIt(w) {
  const { page } = w;
  await w.go("/tenants");
  await page.getByRole("searchbox", { name: "Name or slug" }).fill("TENANTS-OWN");
  await press(page, "Filter");
  await page.waitForURL(/q=TENANTS-OWN/);
  await row(w).waitFor();
  await soon(w, "it alone is found", async () => (await page.getByRole("row").count()) === 2);
  await w.look("found");
  await page.getByRole("searchbox", { name: "Name or slug" }).fill("nobody <b>");
  await press(page, "Filter");
  await w.sees("No tenant fits");
  await w.look("nothing found");
  await follow(page, "Show all");
  await row(w).waitFor();
  await w.look("all tenants");
}

/** switchTo goes to it by the switcher and by the palette. */
async function switchTo(w) {
  const { page } = w;
  if (w.phone) await page.getByLabel("Menu", { exact: true }).click();
  await page.locator("summary", { hasText: "choose a tenant" }).filter({ visible: true }).click();
  await page.getByRole("link", { name: slug }).filter({ visible: true }).first().click();
  await page.waitForURL(`**/console/t/${slug}`);
  await page.locator(`nav a[href="/console/t/${slug}/storage"]`).first().waitFor({ state: "attached" }); // its page, not the one before
  if (w.script) {
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search" }).fill(w.slug);
    await page.getByRole("option", { name: w.slug }).first().waitFor();
    await page.keyboard.press("Enter");
  } else {
    await page.getByRole("link", { name: "Search" }).click();
    await page.getByRole("searchbox").fill(w.slug);
    await press(page, "Search");
    await page.getByRole("main").getByRole("link", { name: w.slug }).first().click();
  }
  await page.waitForURL(`**/console/t/${w.slug}`);
}

/** meetAnother edits in two browsers at once: the later one sees the difference and loses nothing. */
async function meetAnother(w) {
  const { page } = w;
  await settings(w);
  const other = await w.another();
  await other.goto(page.url());
  await field(other, "Name").fill("Quick & Co");
  await field(other, "Stored, MB").fill("5");
  await press(other, "Save");
  await other.getByText("is saved.").waitFor();
  await other.context().close();
  await field(page, "Name").fill(mine);
  await field(page, "Retention, days").fill("77");
  await press(page, "Save");
  await w.sees("This was changed while you were typing.");
  await w.sees(/changed the name from .* to “Quick & Co”; the limit of what is stored from 1 MB to 5 MB/);
  await w.sees("Stands at “Quick & Co” now");
  w.expect("what was typed is kept", (await field(page, "Name").inputValue()) === mine && (await field(page, "Retention, days").inputValue()) === "77");
  await w.look("changed by another");
  await press(page, "Save over it");
  await w.sees("is saved.");
  w.expect("and so does what another changed and I did not", (await field(page, "Stored, MB").inputValue()) === "5");
  w.expect("mine stands", (await field(page, "Name").inputValue()) === mine && (await field(page, "Retention, days").inputValue()) === "77");
}

async function suspendIt(w, key) {
  const { page } = w;
  const told = ending(await w.device("till-1", { key }));
  await settings(w);
  await press(page, "Suspend");
  await w.sees("is suspended. Its clients are shut out.");
  w.expect("the device is told", (await told) === "tenant_suspended");
  w.expect("its key is refused", (await status(w, key)) === "403 tenant_suspended");
  const refused = await w.device("till-1", { key }).then(() => "let in", (e) => e.data?.code ?? e.message);
  w.expect(`the device is not let in again: ${refused}`, refused === "tenant_suspended");
  await w.look("suspended");
  await w.go(`/t/${slug}`);
  await w.sees("No client of this tenant can read or write until it is resumed.");
  await w.go(`/tenants?q=${slug}`);
  await row(w).getByText("suspended").filter({ visible: true }).waitFor();
  await settings(w);
  await press(page, "Resume");
  await w.sees("is active again.");
  w.expect("its key lets in again", (await status(w, key)) === "200");
  await w.device("till-1", { key });
}

/** pressTooLate presses what another has pressed already. */
async function pressTooLate(w) {
  const { page } = w;
  await settings(w);
  const other = await w.another();
  await other.goto(page.url());
  await press(other, "Suspend");
  await other.getByText("is suspended.").waitFor();
  await press(page, "Move to the trash");
  await w.sees(/Nothing was done: this was changed in the meantime\..*suspended it/);
  await press(other, "Undo");
  await other.getByText("is active again.").waitFor();
  await other.context().close();
}

async function throwAway(w, key) {
  const { page } = w;
  const told = ending(await w.device("till-2", { key }));
  await w.go(`/tenants?q=${slug}`);
  if (w.phone) await settings(w);
  await page.getByRole("button", { name: /^Move .*to the trash$/ }).filter({ visible: true }).click();
  await w.sees("is in the trash. Its clients are shut out; its data is kept.");
  w.expect("the device is cut off", (await told) === "tenant_suspended");
  await w.look("thrown away");
  await press(page, "Undo");
  await w.sees("is back from the trash.");
  w.expect("its key lets in again", (await status(w, key)) === "200");
  await settings(w);
  await press(page, "Move to the trash");
  await w.sees("is in the trash.");
  await page.getByRole("link", { name: /^Trash/ }).click();
  await page.getByRole("button", { name: `Restore ${mine}` }).waitFor();
  await w.look("the trash");
  await page.getByRole("button", { name: `Restore ${mine}` }).click();
  await w.sees("is back from the trash.");
  w.expect("its key lets in again", (await status(w, key)) === "200");
}

async function deleteIt(w, key) {
  const { page } = w;
  await settings(w);
  await press(page, "Move to the trash");
  await w.sees("is in the trash.");
  await w.go("/tenants?trash=1");
  await page.getByRole("link", { name: `Delete… ${mine} for good` }).click();
  await askedWhatGoes(w);
  await confirm(w, "walk-tenants-owm");
  await w.sees("This is not its slug.");
  await w.look("a mistyped slug");
  await confirm(w, slug);
  await runsToItsEnd(w);
  await soon(w, "its key is unknown", async () => (await status(w, key)).startsWith("401"));
  await w.go(`/tenants?q=${slug}`);
  await w.sees("No tenant fits");
  await w.go("/tenants?trash=1");
  w.expect("it is not in the trash", !(await page.content()).includes(slug));
  const gone = await w.go(`/t/${slug}`);
  w.expect("its pages are gone", gone.status() === 404);
}

async function askedWhatGoes(w) {
  for (const text of [/3 items with \d+ B, their history and their tags/, "1 user", "1 API key that still works", "2 devices"]) await w.sees(text);
  await w.look("before it is deleted for good");
}

async function confirm(w, word) {
  await w.page.getByLabel(/^Type /).fill(word);
  await press(w.page, "Delete for good");
}

async function runsToItsEnd(w) {
  const { page } = w;
  await page.locator("#deletion").waitFor();
  await soon(w, "the deletion comes to its end", async () => {
    if (!w.script) await page.reload();
    return (await page.getByText("is deleted").count()) > 0;
  }, 20_000);
  await w.look("deleted for good");
}
