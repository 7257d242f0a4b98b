// Under vitest, with all fake timers that it has.

import * as passlock from "passlock";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import work from "../scripts/work.cjs";

const { TEST_SUB: sub, TEST_TOKEN: token } = process.env;

beforeEach(() => {
  vi.useFakeTimers({
    toFake: [
      ...["setTimeout", "clearTimeout", "setImmediate", "clearImmediate", "setInterval", "clearInterval"],
      ...["Date", "nextTick", "hrtime", "performance", "queueMicrotask"],
    ],
  });
});
afterEach(() => vi.useRealTimers());

test("the package works under fake timers", async () => {
  await work(passlock, sub, token);
});

test("a spy stands in for the client", async () => {
  const client = new passlock.Passlock();
  vi.spyOn(passlock.Passlock.prototype, "getUser").mockResolvedValue({ sub: "mocked" });
  expect((await client.getUser("u")).sub).toBe("mocked");
  vi.restoreAllMocks();
});
