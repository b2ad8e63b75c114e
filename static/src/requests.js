// Requests by htmx: the form token, the progress bar, and what becomes of errors.
import { $, $$, on, toast } from "./dom.js";

const whose = 16; // signs of a form token that say whose page it is of; web/console/form.go makes them
const forToasts = (xhr) => xhr.getResponseHeader("HX-Retarget") === "#toasts";

export const token = () => $('meta[name="csrf-token"]')?.content ?? "";

/** renew takes a token of the session as it is now, in which another tab may have signed in anew; not of somebody else's. */
export async function renew() {
  try {
    const answer = await fetch(location.href), page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = $('meta[name="csrf-token"]', page)?.content;
    if (!fresh || fresh.slice(0, whose) !== token().slice(0, whose)) return;
    $('meta[name="csrf-token"]').content = fresh;
    $$('input[name="_csrf"]').forEach((i) => { i.value = fresh; });
  } catch { /* the server is away: the token stays */ }
}

document.addEventListener("htmx:configRequest", (e) => { e.detail.headers["X-CSRF-Token"] = token(); });

// As with the browser's own visits, the last one counts: an answer to an earlier
// one, which may come later, is not waited for, nor any once one goes back.
let visit; // the request of the visit under way
document.addEventListener("htmx:beforeSend", (e) => {
  if (e.detail.boosted) {
    visit?.abort();
    visit = e.detail.xhr;
  }
  $("#page-progress")?.classList.add("on");
});
addEventListener("popstate", () => visit?.abort());
document.addEventListener("htmx:afterRequest", () => $("#page-progress")?.classList.remove("on"));

// A page that says what went wrong is shown like any page, and a toast like any
// toast, once. A form that could not be taken now stays as it stands.
document.addEventListener("htmx:beforeSwap", (e) => {
  const { xhr, boosted, requestConfig } = e.detail;
  if (xhr.status < 400) return;
  if (forToasts(xhr)) {
    e.detail.shouldSwap = e.detail.isError = false;
    return toast(told(xhr));
  }
  if (boosted) e.detail.shouldSwap = requestConfig.verb === "get" || !passing(xhr);
  if (boosted && !e.detail.shouldSwap) unsent(xhr);
});
document.addEventListener("htmx:responseError", (e) => {
  const { xhr, boosted } = e.detail;
  if (!boosted && !forToasts(xhr)) toast(`The server answered with ${xhr.status}. Nothing was changed.`);
});

/** passing says whether an answer is of trouble that passes by itself. */
export const passing = (xhr) => xhr.status === 503 || xhr.status === 504;

const told = (xhr) => $("[data-toast-text]", new DOMParser().parseFromString(xhr.responseText, "text/html"))?.textContent ?? "";
const unsent = (xhr) => toast(`Not available right now. What you typed is still here: send it again in a moment. (Request ${xhr.getResponseHeader("X-Request-Id")})`);

document.addEventListener("htmx:sendError", () => toast("The server cannot be reached. Nothing was changed."));
document.addEventListener("htmx:timeout", () => toast("The server took too long. Look again before you repeat it."));

// After a boosted visit the reader continues at the new content, unless they were quicker and are in a field of it.
let held; // what had the focus when the page came
document.addEventListener("htmx:afterSwap", () => { held = document.activeElement; });
document.addEventListener("htmx:afterSettle", (e) => {
  if (e.detail.boosted && document.activeElement === held && !$("[autofocus]")) $("#main")?.focus({ preventScroll: true });
});

on("click", "[data-toast-close]", (e, el) => el.closest("[data-toast]").remove());
