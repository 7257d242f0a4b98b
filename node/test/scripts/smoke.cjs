// What must work in every runtime, by `require`.

const { Passlock } = require("passlock");

const [sub, token] = process.argv.slice(-2);
new Passlock().exchangeToken(token).then((principal) => {
  if (principal.sub !== sub) throw new Error("it is another one");
  console.log("all of it holds");
});
