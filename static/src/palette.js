// The palette's list is rendered by the server; here the keyboard moves through it.
import { $, $$ } from "./dom.js";

const asked = (d) => d.dataset.asked ?? ""; // what the list is an answer to
let going = false; // Enter came before the answer

const choices = (d) => $$("a[role=option]", d);
const chosen = (d) => choices(d).findIndex((o) => o.getAttribute("aria-selected") === "true");

function choose(d, to) {
  const all = choices(d);
  all.forEach((o, i) => o.setAttribute("aria-selected", String(i === to)));
  all[to]?.scrollIntoView({ block: "nearest" });
  $("input[type=search]", d).setAttribute("aria-activedescendant", all[to]?.id ?? "");
}

function go(d) {
  const to = choices(d)[chosen(d)];
  if (!to) return;
  d.close();
  to.click();
}

document.addEventListener("keydown", (e) => {
  const d = e.target instanceof Element && e.target.closest("#palette");
  if (!d) return;
  const all = choices(d);
  const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  if (step && all.length) {
    e.preventDefault();
    choose(d, (chosen(d) + step + all.length) % all.length);
  }
  if (e.key === "Escape") { // of itself the field would only empty itself
    e.preventDefault();
    d.close();
  }
  if (e.key === "Enter" && e.target.matches("input")) {
    e.preventDefault();
    going = e.target.value !== asked(d);
    if (!going) go(d);
  }
});

document.addEventListener("input", (e) => { if (e.target.closest("#palette")) going = false; });
document.addEventListener("htmx:afterSwap", (e) => {
  const d = e.target instanceof Element && e.target.closest("#palette");
  if (!d) return;
  d.dataset.asked = e.detail.requestConfig.parameters.q;
  choose(d, 0);
  if (going && asked(d) === $("input[type=search]", d).value) go(d);
  going = false;
});
