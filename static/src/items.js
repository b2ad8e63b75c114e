// Fields for JSON get their editor, what was typed is not lost, and paths are copied.
import { $, $$, on, toast } from "./dom.js";

function editors() {
  for (const field of $$("textarea[data-editor]:not([data-edited])")) {
    field.dataset.edited = "";
    import(field.dataset.editor).then((m) => m.mount(field), () => {}); // without it the field itself is there
  }
}

const unsaved = () => $('form[data-unsaved="typed"]');
let leaving = false; // the person said so, or the form was sent

function typed(form) {
  form.dataset.unsaved = "typed";
  const note = $("[data-unsaved-note]", form);
  if (note) note.hidden = false;
}

on("input", "form[data-unsaved]", (e, form) => typed(form));
on("click", "[data-discard]", () => { leaving = true; });
on("submit", "form[data-unsaved]", () => { leaving = true; setTimeout(() => { leaving = false; }, 5000); });
addEventListener("beforeunload", (e) => { if (unsaved() && !leaving) e.preventDefault(); });

// A visit by htmx leaves the page without the browser's question, so it is asked here.
document.addEventListener("htmx:beforeRequest", (e) => {
  if (!e.detail.boosted || !unsaved() || leaving || e.detail.elt.matches("form[data-unsaved]")) return;
  if (!confirm("What you typed is not saved. Leave the page all the same?")) {
    e.preventDefault();
    $("#page-progress")?.classList.remove("on");
  }
});

// A page that answers a save has what was typed in it: the form again, or the way
// to send it again. Any other refusal leaves the form as it stands.
const holds = (page) => ["data-unsaved", 'name="kept"', 'aria-label="What was sent"'].some((mark) => page.includes(mark));

document.addEventListener("htmx:beforeSwap", (e) => {
  const { xhr, elt } = e.detail, form = elt.closest?.("form[data-unsaved]");
  if (!form || xhr.status < 400 || holds(xhr.responseText)) return;
  e.detail.shouldSwap = false;
  leaving = false;
  typed(form);
  if (xhr.status === 401) return toast("You are signed out. What you typed is still here: sign in in another tab, then save again.");
  toast(xhr.status === 403 ? "This page had grown old. What you typed is still here: save again." : `Not saved: the server answered with ${xhr.status}. What you typed is still here.`);
});

// Before a save the page takes a token of the session as it is now; another tab may have signed in anew.
addEventListener("focus", async () => {
  if (!unsaved()) return;
  try {
    const answer = await fetch(location.href), page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = $('meta[name="csrf-token"]', page)?.content;
    if (!token || new URL(answer.url).pathname.endsWith("/login")) return;
    $('meta[name="csrf-token"]').content = token;
    $$('input[name="_csrf"]').forEach((i) => { i.value = token; });
  } catch { /* the server is away: the token stays */ }
});

on("click", "[data-copy-path]", async (e, el) => {
  try {
    await navigator.clipboard.writeText(el.dataset.copyPath);
  } catch {
    return; // not allowed here; the path is in the button's title
  }
  el.classList.add("text-ok");
  setTimeout(() => el.classList.remove("text-ok"), 1500);
});

document.addEventListener("DOMContentLoaded", editors);
document.addEventListener("htmx:afterSettle", () => { leaving = false; editors(); });
