import { bodyOf, guarded, passlock } from "../../lib/passlock";
import { begin } from "../../lib/session";

export const POST = guarded(async (request) => {
  // Pass on whatever the browser sent: an invalid token rejects the promise, like any other failure.
  const principal = await passlock().exchangeToken((await bodyOf(request)).token);
  await begin(principal.sub);
  return new Response(null, { status: 204 });
});
