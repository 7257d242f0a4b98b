package dev.passlock

import java.time.Instant
import kotlin.time.Duration
import kotlin.time.toJavaDuration

/** A span for a tracer, with OpenTelemetry's names. It has already ended: pass both of its times to the tracer. */
public class SpanReport internal constructor(
    /** Its name: the operation, or the method and the route of a request. */
    public val name: String,
    /** When it began. */
    public val start: Instant,
    /** When it ended. */
    public val end: Instant,
    /** Its attributes, each a `String` or a `Long`. None contains a secret or a user's data. */
    public val attributes: Map<String, Any>,
) {
    /** Whether its status is ERROR. */
    public val isError: Boolean get() = "error.type" in attributes

    override fun toString(): String = "SpanReport(name=$name, start=$start, end=$end, attributes=$attributes)"
}

internal fun CallReport.callSpan() = SpanReport(
    name = operation,
    start = begun,
    end = at(info.elapsed),
    attributes = attributes(
        "passlock.operation" to operation,
        // Of a call that was cancelled it is not known.
        "passlock.attempts" to info.attempts.toLong().takeIf { errorType != "cancelled" },
        "passlock.request_id" to info.requestId,
        "error.type" to errorType,
    ),
)

internal fun CallReport.attemptSpan(attempt: AttemptReport) = SpanReport(
    name = "${attempt.method} ${attempt.route}",
    start = at(attempt.begun),
    end = at(attempt.ended),
    attributes = attributes(
        "http.request.method" to attempt.method,
        "url.template" to attempt.route,
        "http.response.status_code" to attempt.status?.toLong(),
        "http.request.resend_count" to attempt.resendCount.toLong().takeIf { it > 0 },
        "server.address" to serverAddress,
        "server.port" to serverPort?.toLong(),
        "error.type" to attempt.errorType,
    ),
)

private fun CallReport.at(sinceBegun: Duration): Instant = begun + sinceBegun.toJavaDuration()

/** What there is of these. */
private fun attributes(vararg values: Pair<String, Any?>): Map<String, Any> {
    val given = LinkedHashMap<String, Any>()
    for ((name, value) in values) if (value != null) given[name] = value
    return given
}
