package dev.passlock

import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/** How a call went, beside its value. A call that fails has the same in its [PasslockException]. */
public class CallInfo(
    /** How many requests were attempted. */
    public val attempts: Int = 0,
    /** The HTTP status of the last response. */
    public val status: Int? = null,
    /** The last request's id, to quote to Passlock's support. */
    public val requestId: String? = null,
    /** How long the call took, retries and waits included. From Java: [getElapsedDuration]. */
    @get:JvmSynthetic
    public val elapsed: Duration = Duration.ZERO,
) {
    /** One for use in tests, for Java. */
    public constructor(attempts: Int, status: Int?, requestId: String?, elapsed: java.time.Duration) :
        this(attempts, status, requestId, elapsed.toKotlinDuration())

    /** How long the call took, retries and waits included, for Java. */
    public fun getElapsedDuration(): java.time.Duration = elapsed.toJavaDuration()

    override fun toString(): String =
        "CallInfo(attempts=$attempts, status=$status, requestId=$requestId, elapsed=$elapsed)"
}

/** What a call gave, and how it went. */
public class WithInfo<out T : Any>(
    /** What it gave. */
    public val value: T,
    /** How it went. */
    public val info: CallInfo,
) {
    /** [value], as in `val (user, info) = client.getUserWithInfo(sub)`. */
    public operator fun component1(): T = value

    /** [info]. */
    public operator fun component2(): CallInfo = info

    override fun toString(): String = "WithInfo(value=$value, info=$info)"
}
