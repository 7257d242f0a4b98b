import { NextResponse } from "next/server";
import { endpoint, origin } from "./lib/settings";

const policy =
  `default-src 'self'; script-src 'self' ${endpoint}; connect-src 'self' ${endpoint}; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Before every request. Only this application's own page may change anything: other pages' requests carry its cookie too. */
export function proxy(request) {
  const isOwn = ["GET", "HEAD"].includes(request.method) || request.headers.get("origin") === origin;
  const response = isOwn ? NextResponse.next() : new NextResponse(null, { status: 403 });
  response.headers.set("Content-Security-Policy", policy);
  return response;
}
