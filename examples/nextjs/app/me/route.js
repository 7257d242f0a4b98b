import { bodyOf, guarded, passlock, shown } from "../../lib/passlock";
import { loggedIn } from "../../lib/session";

export const GET = guarded(async () => {
  const sub = await loggedIn();
  return sub ? shown(await passlock().getUser(sub)) : new Response(null, { status: 401 });
});

export const PATCH = guarded(async (request) => {
  const sub = await loggedIn();
  if (!sub) return new Response(null, { status: 401 });
  const { givenName, familyName } = await bodyOf(request);
  return shown(await passlock().updateUser(sub, { givenName, familyName }));
});
