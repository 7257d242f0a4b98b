// What the compiler knows. Checked by `tsc --strict`, as ESM here and as CommonJS in types.cts.

import { subscribe } from "node:diagnostics_channel";
import {
  type AttemptReport,
  type AuthType,
  type CallInfo,
  type CallReport,
  NotFoundError,
  Passlock,
  type PasslockClient,
  PasslockError,
  Principal,
  type PrincipalFields,
  User,
  type WithInfo,
} from "passlock";
import { type Emulator, startEmulator } from "passlock/testing";

export async function login(passlock: Passlock, token: string, signal: AbortSignal): Promise<string | null> {
  try {
    const principal: Principal = await passlock.exchangeToken(token, {
      signal,
      timeout: 5_000,
      authTypes: ["passkey", "some-later-one"],
    });
    const until: Date = principal.exp;
    const name: string | undefined = principal.givenName;
    return `${principal.sub} ${name ?? ""} ${until.toISOString()} ${describe(principal.authType)}`;
  } catch (error) {
    if (error instanceof NotFoundError) {
      const status: number | undefined = error.status;
      return status === 404 ? null : "";
    }
    if (error instanceof PasslockError) {
      switch (error.code) {
        case "rate_limited":
          return `${error.retryAfter ?? 0} ms`;
        case "timeout":
          return error.limit ?? null;
        default:
          throw error;
      }
    }
    throw error;
  }
}

function describe(authType: AuthType): string {
  return authType === "passkey" ? "by passkey" : `by ${authType}`;
}

export async function rename(passlock: Passlock, sub: string): Promise<User> {
  // @ts-expect-error the email can't be changed
  const refused = passlock.updateUser(sub, { email: "eve@example.com" });
  // @ts-expect-error a setting's name is checked
  new Passlock({ tenancyID: "t" });
  // @ts-expect-error models can't be changed
  (await refused).sub = "";
  return passlock.updateUser(sub, { givenName: "Ada", familyName: null });
}

export async function measured(passlock: Passlock, token: string): Promise<string> {
  await passlock.warmUp({ timeout: 5_000 });
  const { value, info }: WithInfo<Principal> = await passlock.exchangeTokenWithInfo(token, { maxRetries: 0 });
  const { attempts, status, requestId, elapsed }: CallInfo = info;
  // @ts-expect-error it can't be changed
  info.attempts = 0;
  const user: User = (await passlock.getUserWithInfo(value.sub)).value;
  const gateway = new Passlock({ appInfo: "my-app/1.2", headers: { "x-gateway-key": user.sub } });
  // @ts-expect-error a header has one value
  new Passlock({ headers: { "x-gateway-key": ["a"] } });
  await gateway.updateUserWithInfo(user.sub, { givenName: "Ada" });
  return `${attempts} ${status ?? 0} ${requestId?.trim() ?? ""} ${elapsed.toFixed(1)} ms`;
}

export function measureAll(): void {
  subscribe("passlock:call", (message) => {
    const report = message as CallReport;
    const waits: (number | undefined)[] = report.attempts.map((attempt: AttemptReport) => attempt.wait);
    const { operation, error, startTime }: CallReport = report;
    // @ts-expect-error all its readers have the same one
    report.attempts.push(report.attempts[0]);
    console.log(operation === "warm_up", error === "cancelled" || error === "timeout", startTime.getTime(), waits);
  });
}

export async function inTests(): Promise<string> {
  const emulator: Emulator = await startEmulator({ randomSeed: 1 });
  await emulator.fault({ kind: "status", status: 503, headers: { "retry-after": "1" } }, { times: 2 });
  // As of any option, undefined says nothing of it.
  const unset: { body: string | undefined; headers: Record<string, string> | undefined } = {
    body: undefined,
    headers: undefined,
  };
  await emulator.fault({ kind: "status", status: 503, ...unset });
  const none: number | undefined = unset.body?.length;
  await emulator.fault({ kind: "stall", afterBytes: none });
  await emulator.fault({ kind: "garbage", bytesBase64: unset.body });
  await emulator.fault({ kind: "endless", status: none });
  await emulator.fault({ kind: "closeIdle", afterMillis: none });
  await emulator.fault({ kind: "redirect", location: "/", status: none });
  // @ts-expect-error there is no such fault
  await emulator.fault({ kind: "explode" });
  const [request] = await emulator.journal();
  await emulator.stop();
  return request?.path ?? "";
}

/** What asks for the interface takes the client and a substitute alike. */
export class LoginService {
  constructor(private readonly passlock: PasslockClient) {}

  async login(token: string): Promise<string> {
    return (await this.passlock.exchangeToken(token, { timeout: 5_000 })).sub;
  }
}

export function services(fields: PrincipalFields): LoginService[] {
  const info: CallInfo = { attempts: 1, status: 200, requestId: undefined, elapsed: 12.5 };
  const substitute: PasslockClient = {
    exchangeToken: async (token) => Principal.from({ ...fields, token }),
    getUser: async (sub) => User.from({ sub, email: "ada@example.com" }),
    updateUser: async (sub, { givenName }) =>
      User.from({ sub, email: "ada@example.com", givenName: givenName ?? null }),
    exchangeTokenWithInfo: async (token) => ({ value: Principal.from({ ...fields, token }), info }),
    getUserWithInfo: async (sub) => ({ value: await substitute.getUser(sub), info }),
    updateUserWithInfo: async (sub, update) => ({ value: await substitute.updateUser(sub, update), info }),
    async warmUp() {},
    close() {},
  };
  // @ts-expect-error a principal has more fields than one
  Principal.from({ sub: "user-1" });
  // @ts-expect-error numbers would be seconds to some, and milliseconds to others
  Principal.from({ ...fields, iat: 1_767_225_600 });
  // @ts-expect-error there is no such field
  User.from({ sub: "user-1", email: "ada@example.com", mail: "ada@example.com" });
  // @ts-expect-error models are made of fields
  new User();
  const { exchangeToken } = new Passlock();
  return [
    new LoginService(new Passlock()),
    new LoginService(substitute),
    new LoginService({ ...substitute, exchangeToken }),
  ];
}
