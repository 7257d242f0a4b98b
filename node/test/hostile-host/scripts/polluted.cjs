// The package at work while `Object.prototype` has every name that it reads, from before it loads or from after that:
// `node polluted.cjs before|after SUB TOKEN`. Nothing may reach the address that they name.

const { createServer } = require("node:net");
const work = require("./work.cjs");

const [, , when, sub, token] = process.argv;
const { log, error: complain } = console;

let reached = 0;
const server = createServer((socket) => {
  reached++;
  socket.destroy();
}).listen(0, "127.0.0.1", async () => {
  const evil = `http://127.0.0.1:${server.address().port}`;
  const names = [
    ...["tenancyId", "apiKey", "endpoint", "proxy", "issuer", "caCertificates", "environment", "appInfo", "headers"],
    ...["PASSLOCK_TENANCY_ID", "PASSLOCK_API_KEY", "PASSLOCK_ENDPOINT", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy"],
    ...["givenName", "familyName", "unknown", "signal", "kind", "message", "operation", "tag", "detail", "requestId"],
    ...["limit", "claim", "hint", "cause", "then", "get", "set", "value", "__esModule", "default"],
  ];
  const values = Object.fromEntries(names.map((name) => [name, evil]));
  for (const name of ["timeout", "attemptTimeout", "connectTimeout", "maxRetries", "maxResponseBytes", "leeway"]) {
    values[name] = -1;
  }
  for (const name of ["fixedNow", "attempts", "retryAfter", "status", "suggestedStatus"]) values[name] = 7;
  for (const name of ["allowHttp", "requireUserVerified", "emailVerified", "retryable", "applied", "isLoginRefused"]) {
    values[name] = true;
  }
  for (const name of ["verifyClaims", "once", "writable", "enumerable", "configurable"]) values[name] = false;
  values.authTypes = ["evil"];
  // Node itself, which reads the package's files, can't do with this one.
  if (when === "before") delete values.signal;

  const early = when === "after" ? require("passlock") : undefined;
  for (const name of Object.keys(values)) Object.prototype[name] = values[name];
  let failure;
  try {
    await work(early ?? require("passlock"), sub, token);
  } catch (error) {
    failure = error;
  }
  for (const name of Object.keys(values)) delete Object.prototype[name];
  if (failure !== undefined || reached > 0) {
    complain(failure, `${reached} connections to where nothing should go`);
    process.exit(1);
  }
  log("all of it holds");
  server.close();
});
