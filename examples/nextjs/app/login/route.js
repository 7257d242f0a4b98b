import { bodyOf, guarded, passlock } from "../../lib/passlock";
import { begin } from "../../lib/session";

export const POST = guarded(async (request) => {
  // Whatever the browser sent: an invalid token is a rejection like any other.
  const principal = await passlock().exchangeToken((await bodyOf(request)).token);
  await begin(principal.sub);
  return new Response(null, { status: 204 });
});
