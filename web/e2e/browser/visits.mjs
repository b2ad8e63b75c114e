// Weighs a first visit to every page of the console: what comes over the wire
// until everything is there, with an empty cache.
import { expect, finish, launch, visitor } from "./browser.mjs";
import { everyPage, signIn } from "./pages.mjs";

const [base, email, password] = process.argv.slice(2);
const most = { requests: 12, bytes: 180 << 10, script: 60 << 10, editor: 130 << 10 };
const browser = await launch();
const person = await visitor(browser);
await signIn(person, base, email, password);
const pages = await everyPage(person, base);
expect(person, `there are pages to visit (${pages.length})`, pages.length >= 30);
const storageState = await person.context().storageState();
const said = [], atOnce = 3;
const left = [{ kind: "/login", url: `${base}/console/login` }, ...pages.map((p) => ({ ...p, storageState }))];
await Promise.all(Array.from({ length: atOnce }, async () => {
  for (let p = left.shift(); p; p = left.shift()) said.push(weighed(p.kind, await visit(p.url, p.storageState)));
}));
await finish(browser, said.join("\n"));

/** visit opens an address with an empty cache and counts requests and bytes; the editor, which comes on demand, apart. */
async function visit(url, storageState) {
  const page = await visitor(browser, { viewport: { width: 1440, height: 900 }, storageState });
  const network = await page.context().newCDPSession(page);
  const count = { requests: 0, bytes: 0, script: 0, editor: 0 }, names = new Map();
  network.on("Network.requestWillBeSent", ({ requestId, request, type }) => { names.set(requestId, `${type} ${request.url}`); count.requests++; });
  network.on("Network.dataReceived", ({ requestId, encodedDataLength }) => { if (names.get(requestId)?.startsWith("EventSource")) count.bytes += encodedDataLength; });
  network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const name = names.get(requestId) ?? "";
    const editor = name.endsWith("/editor.js");
    count[editor ? "editor" : "bytes"] += encodedDataLength;
    if (name.startsWith("Script") && !editor) count.script += encodedDataLength;
  });
  await network.send("Network.enable");
  const res = await page.goto(url, { waitUntil: "load" });
  expect(page, `the page comes (${res.status()})`, res.ok());
  await page.evaluate(() => document.fonts.ready);
  await page.waitForSelector('[sse-connect]:not([data-live="on"])', { state: "detached" });
  await page.waitForTimeout(100); // for what a script might ask for afterwards
  for (const [what, limit] of Object.entries(most)) expect(page, `${what}: ${count[what]}, at most ${limit}`, count[what] <= limit);
  expect(page, `what is weighed is a page (${count.bytes})`, count.bytes > 20_000 && count.script > 5_000);
  await page.context().close();
  return count;
}

function weighed(kind, { requests, bytes, script, editor }) {
  const kb = (n) => `${(n / 1024).toFixed(1)} KB`;
  return `${kind}: ${requests} requests, ${kb(bytes)}, ${kb(script)} of script${editor ? `, editor ${kb(editor)}` : ""}`;
}
