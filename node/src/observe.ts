// Who observes calls, and how they are told: when a call has ended, on the thread that made it. Nothing of theirs runs during it.

import { channel } from "node:diagnostics_channel";
import { run } from "./calls.js";
import { OwnDate } from "./intrinsics.js";
import type { Finished, NativeClient } from "./native.js";
import { type CallName, type CallReport, cancelled, ended, reportOf } from "./reports.js";
import { activeContext, isTraced, makeSpans } from "./spans.js";

const calls = channel("passlock:call");

/** Whether anybody is to be told of a call that begins now. */
export function isObserved(): boolean {
  return calls.hasSubscribers || isTraced();
}

/**
 * Runs a call that somebody observes. `begin` hands it to the native half, which is to report all its requests. Of a call that is
 * refused before anything is sent nothing is told.
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
    makeSpans(report, client, context);
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
    // What a subscriber throws is no failure of the call. Node throws it elsewhere, as nobody's.
  }
}
