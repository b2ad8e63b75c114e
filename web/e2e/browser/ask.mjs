// Asks the test that started this script to do what a browser cannot: make a
// tenant, stop the database. One line of JSON each way, in order.
import { createInterface } from "node:readline";

const answers = createInterface({ input: process.stdin });
const waiting = [];
answers.on("line", (line) => waiting.shift()(JSON.parse(line)));

/** ask has a word done by the test, and gives its answer. */
export function ask(word, ...args) {
  return new Promise((resolve, reject) => {
    waiting.push((answer) => (answer?.error ? reject(new Error(answer.error)) : resolve(answer)));
    console.log(`ask ${JSON.stringify([word, ...args])}`);
  });
}

/** hangUp lets the process end. */
export const hangUp = () => answers.close();
