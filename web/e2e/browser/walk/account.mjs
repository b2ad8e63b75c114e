// What an administrator sets for themselves: name, password, sessions, theme, shortcuts. A person of its own, as sessions end here.
import { ask } from "../ask.mjs";
import { at, field, press } from "../keypage.mjs";
import { narrow } from "../livepage.mjs";

const noor = { email: "noor@example.com", name: `Noor <b>"El" & Co` };
const fresh = "a fresh and long password";

export async function walk(w) {
  noor.password = (await ask("admin", noor.email, noor.name)).password;
  w.page = await w.another({});
  await signInWhereOneWanted(w);
  await aWrongProfile(w);
  await anotherName(w);
  await twoWindows(w);
  await endOneSession(w);
  await aWrongPassword(w);
  await anotherPassword(w);
  await endTheOthers(w);
  await theme(w);
  await shortcuts(w);
  await signOut(w);
  await w.page.context().close();
}

/** name is the field of the profile; a new passkey is named too. */
const name = (page) => page.locator("#name");

const headline = (w) => at(w.page, "Account");

async function signIn(page, email, password) {
  await field(page, "E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await press(page, "Sign in");
}

/** elsewhere is a second browser of Noor's. */
async function elsewhere(w, password = noor.password) {
  const page = await w.another({ userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" });
  await page.goto(`${w.base}/console/account`);
  await signIn(page, noor.email, password);
  await at(page, "Account");
  return page;
}

async function isOut(w, page, what) {
  await page.goto(`${w.base}/console/account`);
  w.expect(what, page.url().includes("/console/login?next=") && (await page.getByRole("heading", { name: "Sign in" }).isVisible()));
  await page.context().close();
}

async function signInWhereOneWanted(w) {
  await w.go("/account");
  await w.look("sign in");
  await signIn(w.page, noor.email, "not my password");
  await w.sees("The e-mail or the password is wrong.");
  w.expect("the e-mail is kept, the password is not", (await field(w.page, "E-mail").inputValue()) === noor.email && (await w.page.getByLabel("Password", { exact: true }).inputValue()) === "");
  await w.look("sign in, wrong");
  await signIn(w.page, noor.email, noor.password);
  await headline(w);
  w.expect("where one wanted to go", new URL(w.page.url()).pathname === "/console/account");
  w.expect("the name is text", (await name(w.page).inputValue()) === noor.name);
  await w.look("account");
  await narrow(w, "account");
}

async function aWrongProfile(w) {
  const long = "Noor ".repeat(50);
  await name(w.page).evaluate((input) => input.removeAttribute("maxlength"));
  await name(w.page).fill(long);
  await press(w.page, "Save profile");
  await w.sees("may have at most 200 characters");
  w.expect("what was typed is kept", (await name(w.page).inputValue()).trim() === long.trim());
  await w.look("a profile that will not do");
}

async function anotherName(w) {
  await name(w.page).fill("Noor Typed This");
  await press(w.page, "Save profile");
  await w.sees("Your profile is saved.");
  await w.page.reload();
  w.expect("it is saved", (await name(w.page).inputValue()) === "Noor Typed This");
  w.expect("and told once", !(await w.page.getByText("Your profile is saved.").count()));
  w.expect("the shell has the new name", await w.page.getByText("Noor Typed This").count());
}

/** twoWindows saves in one window what another has open. */
async function twoWindows(w) {
  const other = await w.page.context().newPage();
  await other.goto(`${w.base}/console/account`);
  await name(other).fill("Noor of the other window");
  await press(other, "Save profile");
  await other.getByText("Your profile is saved.").waitFor();
  await other.close();
  await name(w.page).fill("Noor of this window");
  await press(w.page, "Save profile");
  await w.sees("You, in another window,");
  await w.sees("Noor of the other window");
  w.expect("what was typed is kept", (await name(w.page).inputValue()) === "Noor of this window");
  await w.look("a profile changed elsewhere");
  await press(w.page, "Save over it");
  await w.sees("Your profile is saved.");
  w.expect("saved over it, knowingly", (await name(w.page).inputValue()) === "Noor of this window");
}

const sessions = (w) => w.page.locator("#sessions li, section:has(> * h2:text-is('Sessions')) li").filter({ hasText: "last seen" });

async function endOneSession(w) {
  const other = await elsewhere(w);
  await w.go("/account");
  w.expect("two browsers are listed, this one first", (await sessions(w).count()) === 2 && (await sessions(w).first().getByText("this browser").isVisible()));
  w.expect("the other by its name", /Firefox/.test(await sessions(w).last().textContent()));
  await w.look("two sessions");
  await sessions(w).last().getByRole("button", { name: /^End the session of Firefox/ }).click();
  await w.sees("The session is ended.");
  w.expect("one is left", (await sessions(w).count()) === 1);
  await isOut(w, other, "the other browser is out");
}

async function newPassword(w, old, next) {
  await w.page.getByLabel("Current password").fill(old);
  await w.page.getByLabel("New password").fill(next);
  await press(w.page, "Change password");
}

async function aWrongPassword(w) {
  await newPassword(w, "not my password", fresh);
  await w.sees("The current password is wrong.");
  await w.look("a wrong current password");
  await newPassword(w, noor.password, "short");
  await w.sees("must have at least 8 characters");
  w.expect("no password comes back", !(await w.page.content()).includes(noor.password) && (await w.page.getByLabel("New password").inputValue()) === "");
}

async function anotherPassword(w) {
  const other = await elsewhere(w);
  await newPassword(w, noor.password, fresh);
  await w.sees("Your password is changed. 1 other session ended.");
  await isOut(w, other, "a new password ends the others");
  const page = await w.another({});
  await page.goto(`${w.base}/console/login`);
  await signIn(page, noor.email, noor.password);
  await page.getByText("The e-mail or the password is wrong.").waitFor();
  await signIn(page, noor.email, fresh);
  await page.waitForURL(/\/console(\/t\/|\/tenants|$)/);
  await page.context().close();
}

async function endTheOthers(w) {
  const others = [await elsewhere(w, fresh), await elsewhere(w, fresh)];
  await w.go("/account");
  await w.page.getByRole("button", { name: /^End all others/ }).click();
  await w.sees(/\d other sessions ended\./);
  for (const other of others) await isOut(w, other, "every other browser is out");
  w.expect("this one is not", (await sessions(w).count()) === 1);
}

async function theme(w) {
  const chosen = w.mode.theme, other = chosen === "light" ? "dark" : "light", choose = (name) => w.page.locator(`main form[action="/console/theme"] button[value=${name}]`).click();
  for (const name of [other, "system", chosen]) {
    await choose(name);
    await w.page.waitForSelector(`html[data-theme=${name}]`);
    w.expect(`${name} is marked`, (await w.page.locator(`main button[value=${name}]`).getAttribute("aria-current")) === "true");
  }
  await w.go("/tenants");
  w.expect("it holds on other pages", (await w.page.locator("html").getAttribute("data-theme")) === chosen);
}

async function shortcuts(w) {
  const opens = async () => { await w.page.keyboard.press("?"); return w.page.locator("#help").isVisible(); };
  await w.go("/account");
  await w.page.locator("main").getByRole("button", { name: "Switch off" }).click();
  await w.sees("are off in this browser");
  if (w.script) w.expect("a single key does nothing", !(await opens()));
  await w.look("shortcuts off");
  await w.page.locator("main").getByRole("button", { name: "Switch on" }).click();
  await w.sees("are on in this browser");
  if (w.script) w.expect("a single key does something again", await opens());
}

async function signOut(w) {
  await w.go("/account");
  if (w.phone) await w.page.locator("summary[aria-label=Menu]").click();
  await w.page.getByRole("button", { name: "Sign out", exact: true }).filter({ visible: true }).first().click();
  await w.sees("You are signed out.");
  await w.look("signed out");
  await w.go("/account");
  w.expect("the page is closed", w.page.url().includes("/console/login?next="));
}
