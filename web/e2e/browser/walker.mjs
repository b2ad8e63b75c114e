// One person in the console, in one mode, with a tenant and its key.
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { axed, expect, glance, inspect, picture } from "./browser.mjs";

const { io } = createRequire(new URL("../../live/testdata/", import.meta.url))("socket.io-client");

export const person = { email: "amina@example.com", name: "Amina Haddad", password: "a long enough password" };

/** hostile is what people may write: it must be shown as text wherever it comes up. */
export const hostile = `"'><img src=x onerror="window.hacked=1"><script>window.hacked=1</script> hx-get="/x" {{.}} \u202Ertl\u202C שלום 🌊`;

export class Walker {
  looks = 0;
  sockets = [];

  /** base: the server; slug: the part's own tenant; key: of that tenant; stranger: makes a page of somebody not signed in. */
  constructor(of) {
    Object.assign(this, of);
    this.script = of.mode.script;
    this.phone = of.mode.size === "phone";
  }

  /** home is the address of the part's tenant. */
  get home() { return `${this.base}/console/t/${this.slug}`; }

  /** go opens a page: "devices" of the tenant, "/system" of the installation. */
  async go(path = "") {
    const at = path.startsWith("/") ? `${this.base}/console${path}` : `${this.home}${path && "/"}${path}`.replace("/?", "?");
    return this.page.goto(at);
  }

  expect(what, holds) { expect(this.page, `${this.name}: ${what}`, holds); }

  /** sees waits for a text in the page's main part and notes when it does not come. */
  async sees(text, within = 8000) {
    const there = await this.page.locator("main, [role=status], [role=alert]").getByText(text).filter({ visible: true }).first().waitFor({ timeout: within }).then(() => true, () => false);
    this.expect(`says ${JSON.stringify(String(text))}`, there);
  }

  /** look holds what is shown against the policy, its width and hostile text, and takes a picture; against axe in the long version on one of the databases, as the gallery does always. */
  async look(name) {
    this.looks++;
    const title = `${this.name}: ${name}`;
    if (this.script && axed) await inspect(this.page, title);
    else await glance(this.page, title);
    this.expect("what people write is text", !(await this.page.evaluate(() => window.hacked)));
    const { theme, size, script } = this.mode;
    await picture(this.page, `walk-${this.name}-${name.replace(/\W+/g, "-")}-${theme}-${size}-${script ? "script" : "plain"}`, true);
  }

  /** api does a request as a client with the tenant's key. */
  async api(method, path, body, headers = {}) {
    const res = await fetch(`${this.base}${path}`, { method, body: body && JSON.stringify(body), headers: { "X-API-Key": this.key, "X-User-Id": "dana", "Content-Type": "application/json", ...headers } });
    const text = await res.text();
    if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${text}`);
    return text && JSON.parse(text);
  }

  /** put writes an item as a client; more may hold tags, metadata, baseVersion. */
  put(key, value, more = {}, headers = {}) {
    return this.api("PUT", `/api/v1/sync-storage/item/${encodeURIComponent(key)}`, { value, ...more }, headers);
  }

  /** device connects the official client, as an app would; the part's end closes it. */
  async device(instanceId, { userId = "dana", key = this.key, headers } = {}) {
    const socket = io(`${this.base}/sync`, { auth: { apiKey: key }, query: { userId, instanceId }, extraHeaders: headers, reconnection: false, forceNew: true });
    this.sockets.push(socket);
    await new Promise((ready, failed) => { socket.once("sync:ready", ready); socket.once("connect_error", failed); });
    socket.write = (name, value) => socket.emitWithAck("sync:set", { opId: randomUUID(), key: name, value });
    return socket;
  }

  /** another gives a second browser of the same person, or with {} as options.storageState of nobody. */
  another(options = { storageState: this.storageState }) { return this.stranger(options); }

  close() { this.sockets.forEach((s) => s.close()); }
}
