// Finds every page of the console by its links, one of each kind: an item's page
// is one kind, whatever the item.
import { note } from "./browser.mjs";

/** signIn leaves the page signed in to the console at base. */
export async function signIn(page, base, email, password) {
  await page.goto(`${base}/console/login`);
  await page.fill("#email", email);
  await page.fill("#password", password);
  await page.click("form button.btn-primary");
  await page.waitForURL((u) => !u.pathname.endsWith("/login"));
}

/** everyPage follows all links from the page's address on and gives an address of each kind of page. */
export async function everyPage(page, base) {
  const kinds = new Map(), found = [page.url(), `${base}/console/login`, ...unlinked.map((path) => base + path)];
  for (const url of found) {
    if (kinds.has(kindOf(url))) continue;
    const res = await page.request.get(url, { maxRedirects: 0 });
    if (res.status() >= 400) note(page, `${url}: status ${res.status()}`);
    if (!res.headers()["content-type"]?.startsWith("text/html") || !res.ok()) continue;
    kinds.set(kindOf(url), url);
    const links = (await res.text()).matchAll(/<a [^>]*?href="([^"#]+)/g);
    found.push(...[...links].map(([, href]) => new URL(href.replaceAll("&amp;", "&"), url).href).filter((u) => u.startsWith(`${base}/console`)));
  }
  return [...kinds].map(([kind, url]) => ({ kind, url }));
}

const unlinked = ["/console/setup/tenant"]; // reached by a printed address alone

/** kindOf is an address without what is somebody's own in it. */
function kindOf(url) {
  const path = new URL(url).pathname.replace("/console", "").replace(/^\/t\/[^/]+/, "/t").replace(/(\/system\/tables)\/.+/, "$1/any");
  return path.replace(/[0-9A-Z]{26}/g, "id") || "/";
}
