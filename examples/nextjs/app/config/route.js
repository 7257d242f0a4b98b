import { endpoint } from "../../lib/settings";

// The environment of the server, not that of the build.
export const dynamic = "force-dynamic";

export function GET() {
  return Response.json({ endpoint, tenancyId: process.env.PASSLOCK_TENANCY_ID });
}
