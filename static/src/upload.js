// A large file is sent in parts, so that no request is larger than the server
// takes; a small one goes with its form. And boxes can be ticked together.
import { $, $$, on, toast } from "./dom.js";

const token = () => $('meta[name="csrf-token"]')?.content ?? "";

async function post(url, body) {
  const res = await fetch(url, { method: "POST", headers: { "X-CSRF-Token": token(), "HX-Request": "true" }, body });
  if (!res.ok) throw new Error(`The server answered with ${res.status}. Nothing was imported.`);
  return res;
}

on("submit", "[data-upload]", (e, form) => {
  const file = $("input[type=file]", form).files[0], part = Number(form.dataset.upload);
  if (!file || file.size <= part) return;
  e.preventDefault();
  send(form, file, part).catch((err) => {
    $("[data-upload-progress]", form).hidden = true;
    toast(err instanceof TypeError ? "The server cannot be reached. Nothing was imported." : err.message);
  });
});

async function send(form, file, part) {
  const box = $("[data-upload-progress]", form), bar = $("progress", box);
  box.hidden = false;
  const owner = form.elements.owner.value;
  const job = await (await post(form.action, new URLSearchParams({ name: file.name, owner }))).text();
  const parts = Math.ceil(file.size / part);
  for (let n = 0; n < parts; n++) {
    bar.max = parts;
    bar.value = n;
    $("[data-upload-note]", box).textContent = `${Math.floor((100 * n) / parts)} %`;
    await post(`${job}/part?n=${n}`, file.slice(n * part, (n + 1) * part));
  }
  await post(`${job}/check`, new URLSearchParams());
  location.assign(job);
}

on("change", "[data-check-all]", (e, el) => {
  $$(`input[name="${el.dataset.checkAll}"]`, el.form).forEach((box) => { box.checked = el.checked; });
});
