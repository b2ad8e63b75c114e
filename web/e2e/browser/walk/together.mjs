// Two browsers, and clients, at one item: whoever is second sees what differs beside their own text and loses nothing.
import { fill, itemAt, press, typed } from "../itempage.mjs";

const key = "plans/shared";
const path = `/api/v1/sync-storage/item/${encodeURIComponent(key)}`;
const now = async (w) => (await w.api("GET", path)).value;

export async function walk(w) {
  await w.put(key, { title: "Plan", owner: "nobody", steps: 1 });
  const other = await w.another();
  await bothEditAndOneMerges(w, other);
  await aClientWritesAndTheirsIsTaken(w);
  await ownIsKept(w);
  await theyGoOnWhileOneMerges(w);
  await itIsRemovedAndBroughtBack(w);
  await itIsRemovedAndStaysSo(w);
  await itIsChangedBeforeItIsDeleted(w, other);
  await bothMakeTheSameItem(w, other);
  if (w.script) await leavingIsAsked(w);
  await other.context().close();
}

/** open goes to the form of the item and waits for it. */
async function open(w, page = w.page) {
  await page.goto(`${w.home}/${itemAt(key, "/edit")}`);
  await page.getByText(/Editing version/).waitFor();
}

/** second saves a form that has grown old, and is told so; what was typed stands in it. */
async function second(w, text, says = "It has changed since you opened it") {
  await press(w.page, /^Save/);
  await w.sees(says);
  w.expect("what was typed is still there", (await typed(w.page, "value")) === text);
  w.expect("nothing was written", JSON.stringify(await now(w).catch(() => null)) !== JSON.stringify(JSON.parse(text)));
}

/** row is what the difference says of a field. */
const row = (w, field) => w.page.locator("tr", { has: w.page.getByText(field, { exact: true }) }).innerText();

async function bothEditAndOneMerges(w, other) {
  const { page } = w;
  await open(w);
  await open(w, other);
  await fill(other, "Value", `{"title":"Plan","owner":"first","steps":2}`);
  await press(other, "Save");
  await other.getByText("Saved as version 2.").waitFor();
  const mine = `{"title":"Plan B","owner":"second","steps":1}`;
  await fill(page, "Value", mine);
  await page.getByLabel("Tags").fill("mine");
  await second(w, mine);
  w.expect("the tags are still there", (await page.getByLabel("Tags").inputValue()) === "mine");
  for (const text of ["Version 2", "Amina Haddad", /where you began/, /as it is now, by Amina Haddad/]) await w.sees(text);
  for (const [field, verdict, ...sides] of [["$.owner", "both changed", "nobody", "first", "second"], ["$.steps", "they changed", "1", "2"], ["$.title", "you changed", "Plan", "Plan B"]]) {
    const says = await row(w, field);
    w.expect(`${field}: ${verdict}, ${sides}`, [verdict, ...sides].every((part) => says.includes(part)));
  }
  await w.look("the second sees both");
  await fill(page, "Value", `{"title":"Plan B","owner":"second","steps":2}`);
  await press(page, "Save mine over version 2");
  await w.sees("Saved as version 3.");
  w.expect("the merged plan is saved", JSON.stringify(await now(w)) === `{"owner":"second","steps":2,"title":"Plan B"}`);
}

async function aClientWritesAndTheirsIsTaken(w) {
  const { page } = w;
  const phone = await w.device("phone-9");
  await open(w);
  const mine = `{"title":"not to be kept"}`;
  await fill(page, "Value", mine);
  await phone.write(key, { title: "From a phone" });
  await second(w, mine);
  for (const text of ["dana", "phone-9", /over Socket\.IO/]) await w.sees(text);
  w.expect("the device is a link", await page.getByRole("link", { name: "phone-9" }).count() === 1);
  await w.look("a client was first");
  await page.getByRole("link", { name: "Take theirs" }).click();
  await w.sees("From a phone");
  w.expect("theirs stands", (await now(w)).title === "From a phone");
}

async function ownIsKept(w) {
  const { page } = w;
  await open(w);
  const mine = `{"title":"Mine"}`;
  await fill(page, "Value", mine);
  await w.put(key, { title: "Theirs" });
  await second(w, mine);
  await press(page, /^Save mine over version/);
  await w.sees(/Saved as version \d+\./);
  w.expect("own is kept", (await now(w)).title === "Mine");
  await page.goto(`${w.home}/${itemAt(key, "/history")}`);
  w.expect("theirs is still in the history", await page.getByText("REST").filter({ visible: true }).count() > 0);
}

async function theyGoOnWhileOneMerges(w) {
  const { page } = w;
  await open(w);
  const mine = `{"steps":9}`;
  await fill(page, "Value", mine);
  await w.put(key, { steps: 5 });
  await second(w, mine);
  const over = await page.getByRole("button", { name: /^Save mine over version/ }).innerText();
  await w.put(key, { steps: 6 });
  await press(page, over);
  await page.getByRole("button", { name: `Save mine over version ${Number(/\d+/.exec(over)) + 1}` }).waitFor();
  w.expect("what was typed outlives the second round", (await typed(page, "value")) === mine);
  w.expect("the newest is not written over", (await now(w)).steps === 6);
  await press(page, /^Save mine over version/);
  await w.sees(/Saved as version \d+\./);
  w.expect("then it is", (await now(w)).steps === 9);
}

async function itIsRemovedAndBroughtBack(w) {
  const { page } = w;
  await open(w);
  const mine = `{"steps":10}`;
  await fill(page, "Value", mine);
  await w.api("DELETE", path);
  await second(w, mine, "It was removed while you were editing");
  await w.look("it was removed meanwhile");
  await press(page, "Save mine, bring it back");
  await w.sees(/Saved as version \d+\./);
  w.expect("it is back", (await now(w)).steps === 10);
}

async function itIsRemovedAndStaysSo(w) {
  const { page } = w;
  await open(w);
  const mine = `{"steps":11}`;
  await fill(page, "Value", mine);
  await w.api("DELETE", path);
  await second(w, mine, "It was removed while you were editing");
  await page.getByRole("link", { name: "Leave it removed" }).click();
  await w.sees("This item was removed");
  await press(page, "Bring it back");
  await w.sees(/It is back/);
}

async function itIsChangedBeforeItIsDeleted(w, other) {
  const { page } = w;
  await page.goto(`${w.home}/${itemAt(key)}`);
  await open(w, other);
  await fill(other, "Value", `{"steps":12}`);
  await press(other, "Save");
  await other.getByText(/Saved as version/).waitFor();
  await page.getByLabel("More actions").click();
  await press(page, "Delete");
  await w.sees("It has changed since you looked at it");
  await w.look("it was changed before it was deleted");
  w.expect("it was not deleted", (await now(w)).steps === 12);
  await press(page, "Delete anyway");
  await w.sees("Removed. Devices will remove it too.");
}

async function bothMakeTheSameItem(w, other) {
  const at = "storage/item/new?owner=dana&key=plans/new";
  await w.go(at);
  await other.goto(`${w.home}/${at}`);
  await fill(other, "Value", `"theirs"`);
  await press(other, "Create");
  await other.getByText("Saved as version 1.").waitFor();
  await fill(w.page, "Value", `"mine"`);
  await press(w.page, "Create");
  await w.sees("There is an item with this key already");
  w.expect("what was typed is still there", (await typed(w.page, "value")) === `"mine"`);
  await w.look("both made it");
  await press(w.page, "Save mine over version 1");
  await w.sees("Saved as version 2.");
}

async function leavingIsAsked(w) {
  const { page } = w;
  await w.go(itemAt("plans/new", "/edit"));
  await fill(page, "Value", `"not saved"`);
  const asked = new Promise((answer) => page.once("dialog", async (d) => { answer(d.message()); await d.dismiss(); }));
  if (w.phone) await page.getByRole("link", { name: "Cancel" }).click();
  else await page.getByRole("link", { name: "Devices" }).first().click();
  w.expect("leaving is asked for", /not saved/.test(await asked));
  w.expect("and staying keeps what was typed", (await typed(page, "value")) === `"not saved"`);
  page.on("dialog", (d) => d.accept());
}
