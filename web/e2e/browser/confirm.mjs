// Revokes keys in sessions whose sign-in is a while ago: the password is asked for once, and then not again.
import { expect, finish, fits, inspect, launch, picture, sizes, visitor } from "./browser.mjs";

const [base, scripted, plain] = process.argv.slice(2);
const browser = await launch();

await revokeTwo("script", scripted, { viewport: sizes.wide }, ["acme", "globex"]);
await revokeTwo("plain", plain, { viewport: sizes.phone, javaScriptEnabled: false, colorScheme: "dark" }, ["initech", "umbrella"]);
await finish(browser, "asked and confirmed");

async function revokeTwo(how, session, options, [first, second]) {
  const page = await visitor(browser, options);
  page.setDefaultTimeout(10_000);
  await page.context().addCookies([{ name: "tidemark", value: session, url: base, httpOnly: true, sameSite: "Lax" }]);
  const look = (name) => (how === "script" ? inspect(page, name) : fits(page, name));

  await revoke(page, first);
  await page.getByRole("heading", { name: "Is it still you?" }).waitFor();
  expect(page, "nothing is done yet, and the page says to what", await page.getByText("Revoke the key test").isVisible());
  expect(page, "the address is that of the page before", page.url().endsWith("/revoke"));
  await look("asked");
  await picture(page, `confirm-${how}`, true);

  await give(page, "not my password");
  await page.getByText("The password is wrong.").waitFor();
  await look("asked again");
  await picture(page, `confirm-wrong-${how}`, true);

  await give(page, "a long enough password");
  await page.getByText("The key is revoked.").waitFor();
  await look("confirmed");

  await revoke(page, second);
  await page.getByText("The key is revoked.").waitFor();
  expect(page, "who just confirmed is not asked", !(await page.getByText("Is it still you?").count()));
  await page.context().close();
}

async function revoke(page, tenant) {
  await page.goto(`${base}/console/t/${tenant}/api-keys`);
  await page.getByRole("link", { name: "test", exact: true }).first().click();
  await page.getByRole("link", { name: /^Revoke/ }).click();
  await page.getByLabel(/Type “test”/).fill("test");
  await page.getByRole("button", { name: "Revoke the key" }).click();
}

async function give(page, password) {
  await page.getByLabel("Your password").fill(password);
  await page.getByRole("button", { name: "Revoke the key" }).click();
}
