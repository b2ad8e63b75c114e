// Live parts: the state of the stream beside the title, and the feed of changes,
// which never moves a row that somebody may be reading.
import { $, $$, on } from "./dom.js";

const keep = 200; // rows in the page
const top = 56; // height of the page's header

const state = (el, s) => { const root = el.closest("[data-live]"); if (root && root.dataset.live !== "ended") root.dataset.live = s; };
document.addEventListener("htmx:sseOpen", (e) => state(e.target, $("[data-paused]", e.target) ? "paused" : "on"));
document.addEventListener("htmx:sseError", (e) => state(e.target, "lost"));
document.addEventListener("htmx:sseClose", (e) => { if (e.detail.type === "message") state(e.target, "ended"); });

let held = []; // rows that wait, newest first

function reading(feed) {
  const s = getSelection();
  return feed.hasAttribute("data-paused") || feed.matches(":hover") || feed.contains(document.activeElement) ||
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
  $("[data-feed-count]", b).textContent = held.length < keep ? held.length : `${keep}+`;
}

document.addEventListener("htmx:sseBeforeMessage", (e) => {
  if (!e.target.matches("[data-feed]")) return;
  e.preventDefault();
  arrived(e.target, e.detail.data);
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
  const feed = $("[data-feed]"), root = feed?.closest("[data-live]");
  if (!root?.hasAttribute("sse-connect")) return; // paused by the server: a plain visit resumes
  e.preventDefault();
  e.stopPropagation();
  const paused = feed.toggleAttribute("data-paused");
  const url = new URL(location.href);
  paused ? url.searchParams.set("paused", "1") : url.searchParams.delete("paused");
  history.replaceState(history.state, "", url);
  $$("[data-pause-when]", el).forEach((x) => { x.hidden = (x.dataset.pauseWhen === "paused") !== paused; });
  if (root.dataset.live !== "lost") root.dataset.live = paused ? "paused" : "on";
  if (!paused) show(feed);
  announce();
});

document.addEventListener("htmx:beforeSwap", (e) => { if (e.detail.boosted) held = []; });
