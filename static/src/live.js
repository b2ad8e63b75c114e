// Live parts: the state of the stream beside the title, and the feed of changes,
// which never moves a row that somebody may be reading.
import htmx from "htmx.org";
import { $, $$, on } from "./dom.js";

const keep = 200; // rows in the page
const rarely = 20_000; // ms between two sentences about the rows that wait, for those who hear the page
const top = 56; // height of the page's header

const state = (el, s) => { const root = el.closest("[data-live]"); if (root && root.dataset.live !== "ended") root.dataset.live = s; };
document.addEventListener("htmx:sseOpen", (e) => state(e.target, e.target.matches("[data-paused]") ? "paused" : "on"));
document.addEventListener("htmx:sseError", (e) => state(e.target, "lost"));
document.addEventListener("htmx:sseClose", (e) => { if (e.detail.type === "message") state(e.target, "ended"); });

let held = []; // rows that wait, newest first
let waiting = null; // in a paused page without a feed: what came last, and where it goes
let told = -rarely, telling = 0;

function reading(feed) {
  const s = getSelection();
  return feed.closest("[data-paused]") || feed.matches(":hover") || feed.contains(document.activeElement) ||
    (!s.isCollapsed && feed.contains(s.anchorNode)) || feed.getBoundingClientRect().top < top;
}

function arrived(feed, html) {
  const t = document.createElement("template");
  t.innerHTML = html;
  const rows = $$("tr", t.content).filter((r) => !document.getElementById(r.id) && !held.some((h) => h.id === r.id));
  held = [...rows, ...held].slice(0, keep);
  if (!reading(feed)) show(feed);
  announce();
}

function show(feed) {
  if (held.length) $("[data-feed-empty]")?.remove();
  held.forEach((r) => r.classList.add("fresh"));
  feed.prepend(...held);
  held = [];
  $$("tr", feed).slice(keep).forEach((r) => r.remove());
}

function announce() {
  const b = $("[data-feed-show]");
  if (!b) return;
  b.hidden = held.length === 0;
  $("[data-feed-count]", b).textContent = count();
  if (held.length && !telling) telling = setTimeout(tell, Math.max(1000, told + rarely - performance.now()));
  if (!held.length) $("[data-feed-news]").textContent = "";
}

const count = () => held.length < keep ? `${held.length}` : `${keep}+`;

function tell() {
  telling = 0;
  const news = $("[data-feed-news]");
  if (!news || !held.length) return;
  told = performance.now();
  news.textContent = `${count()} new ${held.length === 1 ? "change" : "changes"}`;
}

document.addEventListener("htmx:sseBeforeMessage", (e) => {
  const part = e.target, feed = part.matches("[data-feed]");
  if (!feed && !part.closest("[data-paused]")) return;
  e.preventDefault();
  if (feed) arrived(part, e.detail.data); else waiting = [part, e.detail.data];
});

document.addEventListener("pointerout", (e) => {
  const feed = e.target instanceof Element && e.target.closest("[data-feed]");
  if (!feed || feed.contains(e.relatedTarget)) return;
  setTimeout(() => { if (!reading(feed)) { show(feed); announce(); } }, 300);
});

on("click", "[data-feed-show]", () => {
  const feed = $("[data-feed]");
  show(feed);
  announce();
  if (feed.getBoundingClientRect().top < top) $("#main").scrollIntoView();
});

// Pausing keeps the stream open and holds what arrives; the address says so, for a reload.
on("click", "[data-pause]", (e, el) => {
  const root = el.closest("[data-live]"), feed = $("[data-feed]", root);
  if (!root?.hasAttribute("sse-connect")) return; // paused by the server: a plain visit resumes
  e.preventDefault();
  e.stopPropagation();
  const paused = root.toggleAttribute("data-paused");
  const url = new URL(location.href);
  paused ? url.searchParams.set("paused", "1") : url.searchParams.delete("paused");
  history.replaceState(history.state, "", url);
  $$("[data-pause-when]", el).forEach((x) => { x.hidden = (x.dataset.pauseWhen === "paused") !== paused; });
  if (root.dataset.live !== "lost") root.dataset.live = paused ? "paused" : "on";
  if (!paused) catchUp(feed);
  announce();
});

function catchUp(feed) {
  if (feed) show(feed);
  if (waiting) htmx.swap(...waiting, { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 });
  waiting = null;
}

document.addEventListener("htmx:beforeSwap", (e) => { if (e.detail.boosted) { held = []; waiting = null; } });
