import { Passlock } from "passlock";

export default async function handler(request, response) {
  const passlock = new Passlock();
  const { sub } = await passlock.exchangeToken(request.query.token);
  response.json({ sub });
}
