// Calls in turn, with nothing else on the loop: `loop.mjs SUB TIMES`

import { Passlock } from "passlock";

const [sub, times] = process.argv.slice(-2);
const passlock = new Passlock();
let answers = 0;
while (answers < Number(times)) {
  await passlock.getUser(sub);
  answers++;
}
console.log(`${answers} answers`);
