// node:http by hand, with a keep-alive agent.

import { HEADERS, imported, POOL, readArguments, run, TIMEOUT } from "./measure.mjs";

const http = await import("node:http");
const https = await import("node:https");
imported();

const { Principal, checked } = await import("./principal.mjs");

const given = readArguments();
const { request, Agent } = given.url.startsWith("https:") ? https : http;
const agent = new Agent({ keepAlive: true, maxSockets: POOL, ca: given.ca });

function call() {
  return new Promise((resolve, reject) => {
    const sent = request(given.url, { agent, headers: HEADERS, timeout: TIMEOUT }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        try {
          checked(response.statusCode);
          resolve(new Principal(JSON.parse(Buffer.concat(parts).toString())));
        } catch (error) {
          reject(error);
        }
      });
    });
    sent.on("timeout", () => sent.destroy(new Error("timed out")));
    sent.on("error", reject);
    sent.end();
  });
}

await run(given, call);
agent.destroy();
