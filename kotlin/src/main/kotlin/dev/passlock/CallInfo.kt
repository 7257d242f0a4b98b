package dev.passlock

import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/** Details of a call that has ended. A call that fails has them in its [PasslockException], except for the duration. */
public class CallInfo(
    /** The number of requests that were attempted. */
    public val attempts: Int = 0,
    /** The HTTP status of the last attempt's response; null if it had none. */
    public val status: Int? = null,
    /** The last attempt's id, to quote to Passlock's support. */
    public val requestId: String? = null,
    /** The duration of the call, retries and waits included. From Java: [getElapsedDuration]. */
    @get:JvmSynthetic
    public val elapsed: Duration = Duration.ZERO,
) {
    /** Creates one for use in tests written in Java. */
    public constructor(attempts: Int, status: Int?, requestId: String?, elapsed: java.time.Duration) :
        this(attempts, status, requestId, elapsed.toKotlinDuration())

    /** The duration of the call, retries and waits included, for Java. */
    public fun getElapsedDuration(): java.time.Duration = elapsed.toJavaDuration()

    override fun toString(): String =
        "CallInfo(attempts=$attempts, status=$status, requestId=$requestId, elapsed=$elapsed)"
}

/** The value of a call, with its details. */
public class WithInfo<out T : Any>(
    /** The value. */
    public val value: T,
    /** The details of the call. */
    public val info: CallInfo,
) {
    /** [value], as in `val (user, info) = client.getUserWithInfo(sub)`. */
    public operator fun component1(): T = value

    /** [info]. */
    public operator fun component2(): CallInfo = info

    override fun toString(): String = "WithInfo(value=$value, info=$info)"
}
