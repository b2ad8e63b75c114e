// What the console does beyond links and forms. Everything hangs on data
// attributes and listeners on the document: no inline code, nothing to re-attach
// after a swap. Without this script the pages still work.
import "htmx.org";
import "htmx-ext-sse";
import "./requests.js";
import "./dialogs.js";
import "./palette.js";
import "./keys.js";
import "./forms.js";
import "./pictures.js";
import "./upload.js";
import "./time.js";
import "./stream.js";
import "./live.js";
import "./items.js";
import "./conflicts.js";
import "./passkeys.js";

document.documentElement.classList.add("js");
