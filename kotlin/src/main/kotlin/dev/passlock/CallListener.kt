package dev.passlock

/**
 * Is told of each call of a client when it has ended, however it ended: for metrics, logs, and the spans of a tracer. See
 * [PasslockOptions.Builder.listener].
 *
 * It runs where your code goes on after the call, which waits for it, as no other call does: on the coroutine's own dispatcher; on
 * the thread that waited; for a future, on the client's executor, or else on a thread that is kept for this. What it throws is
 * logged by `java.util.logging`, to the logger `dev.passlock`, and changes nothing for the call.
 */
public fun interface CallListener {
    /** A call has ended. */
    public fun callEnded(report: CallReport)

    /**
     * A call begins, on the thread that makes it. Gives the listener that is told when it has ended: this one, unless another one
     * remembers what belongs to the call, such as a tracer's current context.
     */
    public fun callBegun(): CallListener = this
}
