// A picture of somebody is made small before it is sent: what a phone takes is larger than the server does.
import { on } from "./dom.js";

on("change", "[data-shrink] input[type=file]", async (e, input) => {
  const most = Number(input.form.dataset.shrink), file = input.files[0];
  if (!file) return;
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture || picture.width * picture.height <= most * most) return; // no picture is the server's to refuse
  const scale = most / Math.max(picture.width, picture.height), canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const small = await new Promise((done) => canvas.toBlob(done, "image/png"));
  if (!small || input.files[0] !== file) return;
  const files = new DataTransfer();
  files.items.add(new File([small], "picture.png", { type: "image/png" }));
  input.files = files.files;
});
