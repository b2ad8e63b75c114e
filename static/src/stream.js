// The stream of a live page. The browser's own gives up when it is refused and
// waits for ever on a line that has fallen silent; this one asks again, from the
// last event that came, until it is closed or nobody is signed in any more.
import htmx from "htmx.org";

const again = 2000; // ms until the next try, and up to as much more: many pages come back after a restart
const silence = 12_000; // ms; the server gives a sign of life every five seconds

class Stream extends EventTarget {
  #url;
  #source;
  #timers = [];
  #names = new Set(["beat"]);
  readyState = EventSource.CONNECTING;

  constructor(url) {
    super();
    this.#url = new URL(url, location.href);
    this.#connect();
  }

  addEventListener(name, f, options) {
    super.addEventListener(name, f, options);
    if (this.#names.has(name)) return;
    this.#names.add(name);
    this.#pass(name);
  }

  close() {
    this.readyState = EventSource.CLOSED;
    this.#hangUp();
  }

  #connect() {
    this.#source = new EventSource(this.#url);
    this.#source.onopen = (e) => { this.#heard(); this.readyState = EventSource.OPEN; this.onopen?.(e); };
    this.#source.onerror = () => this.#lost();
    this.#names.forEach((name) => this.#pass(name));
    this.#heard();
  }

  #pass(name) {
    this.#source.addEventListener(name, (e) => {
      this.#heard();
      if (e.lastEventId) this.#url.searchParams.set("after", e.lastEventId);
      this.dispatchEvent(new MessageEvent(name, { data: e.data, lastEventId: e.lastEventId }));
    });
  }

  #heard() {
    this.#timers.forEach(clearTimeout);
    this.#timers = [setTimeout(() => this.#lost(), silence)];
  }

  #hangUp() {
    this.#timers.forEach(clearTimeout);
    this.#source.close();
  }

  async #lost() {
    const refused = this.#source.readyState === EventSource.CLOSED;
    this.#hangUp();
    this.readyState = EventSource.CONNECTING;
    this.onerror?.(new Event("error"));
    if (refused && (await this.#signedOut())) return this.dispatchEvent(new MessageEvent("ended"));
    if (this.readyState !== EventSource.CLOSED) this.#timers = [setTimeout(() => this.#connect(), again * (1 + Math.random()))];
  }

  // A refusal does not tell its reason, so it is asked for.
  async #signedOut() {
    const asked = new AbortController(), late = setTimeout(() => asked.abort(), silence);
    try {
      return (await fetch(this.#url, { headers: { Accept: "text/event-stream" }, signal: asked.signal })).status === 401;
    } catch {
      return false; // the server is away: the next try tells
    } finally {
      clearTimeout(late);
      asked.abort();
    }
  }
}

htmx.createEventSource = (url) => new Stream(url);
