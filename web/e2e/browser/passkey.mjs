// Adds a passkey, signs in with it, and removes it, with Chromium's virtual authenticator.
import { expect, finish, inspect, launch, picture, sizes, visitor } from "./browser.mjs";

const [base] = process.argv.slice(2);
const browser = await launch();
const page = await visitor(browser, { viewport: sizes.wide });
page.setDefaultTimeout(15_000);

const device = await page.context().newCDPSession(page);
await device.send("WebAuthn.enable");
const { authenticatorId } = await device.send("WebAuthn.addVirtualAuthenticator", {
  options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
});

await page.goto(`${base}/console/login`);
await inspect(page, "the sign-in");
await picture(page, "passkey-signin", true);
await page.getByLabel("E-mail").fill("amina@example.com");
await page.getByLabel("Password").fill("a long enough password");
await page.getByRole("button", { name: "Sign in", exact: true }).click();
await page.getByText("Your role asks for a second factor").waitFor();
await inspect(page, "led to a second factor");

await page.getByLabel("Name of the new passkey").fill("Test device");
const card = page.locator("section", { has: page.getByRole("heading", { name: "Passkeys" }) });
await card.getByLabel("Your password").fill("not my password");
await card.getByRole("button", { name: "Add a passkey" }).click();
await page.getByText("The password is wrong.").waitFor();
await card.getByLabel("Your password").fill("a long enough password");
await card.getByRole("button", { name: "Add a passkey" }).click();
await page.getByText("The passkey is added.").waitFor();
expect(page, "it is in the list", await page.getByText("Test device").isVisible());
await inspect(page, "the account");
await picture(page, "passkey-account", true);

const { credentials } = await device.send("WebAuthn.getCredentials", { authenticatorId });
expect(page, "the authenticator has one resident key", credentials.length === 1 && credentials[0].isResidentCredential);

await page.context().clearCookies();
await page.goto(`${base}/console/login?next=${encodeURIComponent("/console/t/acme")}`);
await page.getByRole("button", { name: "Sign in with a passkey" }).click();
await page.waitForURL(`${base}/console/t/acme`);
expect(page, "a passkey is a second factor: nothing else is asked", await page.getByRole("heading", { level: 1 }).isVisible());

// The password alone is no longer enough to set another factor up.
await page.context().clearCookies();
await page.goto(`${base}/console/login`);
await page.getByLabel("E-mail").fill("amina@example.com");
await page.getByLabel("Password").fill("a long enough password");
await page.getByRole("button", { name: "Sign in", exact: true }).click();
await page.getByRole("heading", { name: "Second factor" }).waitFor();
await inspect(page, "the passkey as the second step");
expect(page, "no code is asked for", !(await page.getByLabel("Code").count()));
await page.goto(`${base}/console/account/factor`);
expect(page, "a second factor cannot be set up", page.url().includes("/console/login"));
await page.goto(`${base}/console/login/code`);
await page.getByRole("button", { name: "Sign in with a passkey" }).click();
await page.waitForURL(`${base}/console`).catch(() => {});
await page.goto(`${base}/console/account`);

// Without the person being verified it does not sign in.
await page.getByRole("button", { name: "Remove the passkey Test device" }).click();
await page.getByText("The passkey is removed.").waitFor();
await page.context().clearCookies();
await page.goto(`${base}/console/login`);
await page.getByRole("button", { name: "Sign in with a passkey" }).click();
await page.getByText("This passkey is not known here.").waitFor();
await inspect(page, "a passkey that was removed");
await finish(browser, "added, used and removed");
