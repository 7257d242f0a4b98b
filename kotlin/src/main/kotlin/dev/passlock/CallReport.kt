package dev.passlock

import java.time.Instant
import kotlin.time.Duration
import kotlin.time.toJavaDuration

/**
 * A call that has ended, as reported to a [CallListener]. It contains no secrets and no user data.
 *
 * [span] and [attemptSpans] are its spans for a tracer.
 */
public class CallReport(
    /** The code of the [Operation], or `warm_up`: the same in every language. */
    public val operation: String,
    /** When the call began. */
    public val begun: Instant,
    /**
     * Its number of attempts, status, request id and duration. For a call that was cancelled, only the duration is known:
     * [CallInfo.attempts] is 0, and [span] leaves it out.
     */
    public val info: CallInfo,
    /** Why it failed: the code of an [ErrorKind], or `cancelled`. Null for a call that succeeded. */
    public val errorType: String? = null,
    /** Its requests, in order. Empty for a call that was cancelled, whose requests are not known. */
    public val attempts: List<AttemptReport> = emptyList(),
    /** The endpoint's host. Null if no request was attempted, or the call was cancelled. */
    public val serverAddress: String? = null,
    /** The endpoint's port. Null if no request was attempted, or the call was cancelled. */
    public val serverPort: Int? = null,
) {
    /** The span of the call. Its parent is the one that was current where the call was made: see [CallListener.callBegun]. */
    public val span: SpanReport get() = callSpan()

    /** The spans of its requests, of kind CLIENT. Their parent is [span]. */
    public val attemptSpans: List<SpanReport> get() = attempts.map(::attemptSpan)

    override fun toString(): String =
        "CallReport(operation=$operation, begun=$begun, info=$info, errorType=$errorType, attempts=$attempts, " +
            "serverAddress=$serverAddress, serverPort=$serverPort)"
}

/** One request of a call. */
public class AttemptReport(
    /** The request's method. */
    public val method: String,
    /** The route, without its values: `/{tenancyId}/user/{sub}`. */
    public val route: String,
    /** When it was sent, counted from when the call began. From Java: [getBegunDuration]. */
    @get:JvmSynthetic
    public val begun: Duration,
    /** When it was answered, or failed, counted from when the call began. From Java: [getEndedDuration]. */
    @get:JvmSynthetic
    public val ended: Duration,
    /** The HTTP status of the response, if there was one. */
    public val status: Int? = null,
    /** Why it failed, as OpenTelemetry's `error.type`: the status of an error response, or else the code of an [ErrorKind]. */
    public val errorType: String? = null,
    /** How many times the same request had been sent before. */
    public val resendCount: Int = 0,
    /** How long the call waited before the next attempt, if there was one. From Java: [getWaitDuration]. */
    @get:JvmSynthetic
    public val wait: Duration? = null,
    /** The request's id, to quote to Passlock's support. */
    public val requestId: String? = null,
) {
    /** When it was sent, counted from when the call began, for Java. */
    public fun getBegunDuration(): java.time.Duration = begun.toJavaDuration()

    /** When it was answered, or failed, counted from when the call began, for Java. */
    public fun getEndedDuration(): java.time.Duration = ended.toJavaDuration()

    /** How long the call waited before the next attempt, if there was one, for Java. */
    public fun getWaitDuration(): java.time.Duration? = wait?.toJavaDuration()

    override fun toString(): String =
        "AttemptReport(method=$method, route=$route, begun=$begun, ended=$ended, status=$status, errorType=$errorType, " +
            "resendCount=$resendCount, wait=$wait, requestId=$requestId)"
}
