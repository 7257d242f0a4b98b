// Calls to a server whose certificate is a private authority's. Both are made here: nothing of the kind lies in the checkout.

import "reflect-metadata";
import assert from "node:assert/strict";
import { KeyObject, webcrypto } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import { after, before, test } from "node:test";
import { inspect } from "node:util";
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { Passlock, PasslockConnectionError } from "passlock";
import { rejection } from "./support.mjs";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

let authority;
let endpoint;
let server;

before(async () => {
  authority = await certify("Test authority");
  const { keys, pem: cert } = await certify("127.0.0.1", authority);
  const key = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" });
  server = createServer({ key, cert }, (request, response) => {
    const known = request.method === "GET" && request.url === "/t/user/u";
    response.writeHead(known ? 200 : 404, { "content-type": "application/json" });
    response.end(known ? '{"user":{"sub":"u","email":"ada@example.com"}}' : '{"_tag":"NotFound","message":"none"}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  endpoint = `https://127.0.0.1:${server.address().port}`;
});

after(() => server.close());

test("a private authority is trusted when its certificate is given, as text or as bytes", async (context) => {
  for (const caCertificates of [authority.pem, Buffer.from(authority.pem)]) {
    const passlock = client(context, { caCertificates });
    assert.equal((await passlock.getUser("u")).email, "ada@example.com");
  }
});

test("a private authority is refused when it is not given, and the cause says so", async (context) => {
  const { pem: another } = await certify("Another authority");
  for (const options of [{}, { caCertificates: another }]) {
    const error = await rejection(client(context, options).getUser("u"));
    assert.ok(error instanceof PasslockConnectionError, inspect(error));
    assert.match(String(error.cause), /certificate/);
    // Trying again would not help.
    assert.deepEqual([error.attempts, error.retryable], [1, false]);
  }
});

function client(context, options) {
  const passlock = new Passlock({ tenancyId: "t", apiKey: "key-canary", endpoint, ...options });
  context.after(() => passlock.close());
  return passlock;
}

/** A certificate of this name and its keys: an authority's of its own, or one that `issuer` signs for a server at this address. */
async function certify(name, issuer) {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const subject = `CN=${name}`;
  const certificate = await X509CertificateGenerator.create(
    {
      subject,
      issuer: issuer?.subject ?? subject,
      publicKey: keys.publicKey,
      signingKey: (issuer?.keys ?? keys).privateKey,
      signingAlgorithm: ALGORITHM,
      notBefore: new Date(Date.now() - 3_600_000),
      notAfter: new Date(Date.now() + 3_600_000),
      extensions: issuer
        ? [new BasicConstraintsExtension(false), new SubjectAlternativeNameExtension([{ type: "ip", value: name }])]
        : [
            new BasicConstraintsExtension(true, undefined, true),
            new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
          ],
    },
    webcrypto,
  );
  return { subject, keys, pem: certificate.toString("pem") };
}
