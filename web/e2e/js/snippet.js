// Runs the README's snippet as it stands, but for the address and the key.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../live/testdata/", import.meta.url));
const { io } = require("socket.io-client");
const { README, TIDEMARK_URL, TIDEMARK_KEY } = process.env;

const snippet = /```javascript\n(.*?)```/s.exec(readFileSync(README, "utf8"))[1];
const code = snippet.replace("ws://localhost:3000", TIDEMARK_URL.replace("http", "ws")).replace(/'sk_live_[^']*'/, JSON.stringify(TIDEMARK_KEY));
const console = { log: (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0)) };
new Function("io", "console", code)(io, console);
