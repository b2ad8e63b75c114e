export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** on calls f(event, element) for events on elements that match, now and later. */
export function on(type, selector, f) {
  document.addEventListener(type, (e) => {
    const el = e.target instanceof Element ? e.target.closest(selector) : null;
    if (el) f(e, el);
  });
}

/** toast shows a sentence that stays until it is closed, once. */
export function toast(text) {
  if ($$("[data-toast-text]", $("#toasts")).some((shown) => shown.textContent === text)) return;
  const t = $("#toast-template")?.content.firstElementChild.cloneNode(true);
  if (!t) return;
  $("[data-toast-text]", t).textContent = text;
  $("#toasts").append(t);
}
