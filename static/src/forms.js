// A form is sent once, passwords can be looked at, and things to copy can be copied.
import { $, $$, on } from "./dom.js";

const busy = new WeakSet();

document.addEventListener("submit", (e) => {
  if (busy.has(e.target)) return e.preventDefault();
  if (e.target.method === "dialog") return;
  busy.add(e.target);
  e.submitter?.setAttribute("aria-busy", "true");
  setTimeout(free, 5000, e.target);
}, true);

function free(form) {
  busy.delete(form);
  $$("[aria-busy]", form).forEach((b) => b.removeAttribute("aria-busy"));
}

document.addEventListener("htmx:afterRequest", (e) => free(e.detail.elt)); // it may have failed, and be sent again

on("click", "[data-reveal]", (e, el) => {
  const input = document.getElementById(el.dataset.reveal);
  const shown = input.type === "text";
  input.type = shown ? "password" : "text";
  el.setAttribute("aria-pressed", String(!shown));
});

on("change", "[data-submit]", (e, el) => el.form.requestSubmit());

on("click", "[data-copy]", async (e, el) => {
  const source = document.getElementById(el.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    $("[data-copy-label]", el).textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source); // not allowed here: select it, to be copied by hand
    $("[data-copy-label]", el).textContent = "Selected";
  }
  setTimeout(() => { $("[data-copy-label]", el).textContent = "Copy"; }, 2000);
});
