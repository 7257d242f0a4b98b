import { end } from "../../lib/session";

export async function POST() {
  await end();
  return new Response(null, { status: 204 });
}
