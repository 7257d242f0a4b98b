package dev.passlock

/**
 * Called once at the end of each of a client's calls, whether it succeeded, failed or was cancelled: for metrics, logs
 * and a tracer's spans. See [PasslockOptions.Builder.listener].
 *
 * It runs just before your code continues after the call, and in the same place: on the coroutine's own dispatcher; on
 * the thread that waited; for a future, on the client's executor. Where that has none, and for a future that was cancelled,
 * it runs on a thread reserved for this. No other call waits for it. Anything it throws is logged with
 * `java.util.logging`, to the logger `dev.passlock`, and does not affect the call.
 */
public fun interface CallListener {
    /** A call has ended. */
    public fun callEnded(report: CallReport)

    /**
     * Called on the thread that makes the call, as it begins. Returns the listener to call when it has ended: this one,
     * or one that remembers something about this call, such as a tracer's current context. If it throws, no listener is called
     * at the end of this call.
     */
    public fun callBegun(): CallListener = this
}
