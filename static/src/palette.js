// The palette's list is rendered by the server; here the keyboard moves through it.
import { $, $$ } from "./dom.js";

const choices = (d) => $$("[role=option]", d);

function choose(d, to) {
  const all = choices(d);
  all.forEach((o, i) => o.setAttribute("aria-selected", String(i === to)));
  all[to]?.scrollIntoView({ block: "nearest" });
  $("input", d).setAttribute("aria-activedescendant", all[to]?.id ?? "");
}

document.addEventListener("keydown", (e) => {
  const d = e.target instanceof Element && e.target.closest("#palette");
  if (!d) return;
  const all = choices(d), now = all.findIndex((o) => o.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  if (step && all.length) {
    e.preventDefault();
    choose(d, (now + step + all.length) % all.length);
  }
  if (e.key === "Enter" && e.target.matches("input")) {
    e.preventDefault();
    if (!all[now]) return;
    d.close();
    all[now].click();
  }
});
document.addEventListener("htmx:afterSwap", (e) => {
  const d = e.target instanceof Element && e.target.closest("#palette");
  if (d) choose(d, 0);
});
