// Reports calls to those who observe them: when a call has ended, on the thread that made it. No code of theirs runs during a call.

import { channel } from "node:diagnostics_channel";
import { run } from "./calls.js";
import { OwnDate } from "./intrinsics.js";
import type { Finished, NativeClient } from "./native.js";
import { type CallName, type CallReport, cancelled, ended, reportOf } from "./reports.js";
import { activeContext, isTraced, makeSpans } from "./spans.js";

const calls = channel("passlock:call");

/** Whether a call that begins now is observed. */
export function isObserved(): boolean {
  return calls.hasSubscribers || isTraced();
}

/**
 * Runs a call that is observed. `begin` passes it to the native half, which reports each request. A call that is refused before
 * anything is sent is not reported.
 */
export async function runObserved(
  client: NativeClient,
  operation: CallName,
  begin: (id: number) => Finished | null,
  signal: AbortSignal | undefined,
): Promise<Finished> {
  const context = activeContext();
  const call = { operation, endpoint: client.endpoint, startTime: new OwnDate() };
  const tell = (report: CallReport) => {
    publish(report);
    makeSpans(report, context);
  };
  let hasBegun = false;
  let finished: Finished;
  try {
    finished = await run((id) => {
      hasBegun = true;
      return begin(id);
    }, signal);
  } catch (reason) {
    if (hasBegun) {
      tell(cancelled(call));
    }
    throw reason;
  }
  const report = reportOf(finished);
  if (report !== undefined && report.requests.length > 0) {
    tell(ended(call, report, finished[1]));
  }
  return finished;
}

function publish(report: CallReport): void {
  try {
    if (calls.hasSubscribers) {
      calls.publish(report);
    }
  } catch {
    // A subscriber that throws does not fail the call. Node reports it as an uncaught exception.
  }
}
