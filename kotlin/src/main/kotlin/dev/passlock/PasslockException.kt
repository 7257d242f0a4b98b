package dev.passlock

import dev.passlock.internal.ErrorFields
import dev.passlock.internal.TextCause
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/**
 * Thrown when an operation fails. There is one subclass for each [ErrorKind]; [Api] is the superclass of those for
 * error responses from the API.
 *
 * No exception contains the API key or a token, in any field or text.
 *
 * A test's substitute for a client can throw one: `throw PasslockException(ErrorKind.TIMEOUT, "too slow") { attempts(3) }`, and
 * from Java [builder].
 */
public abstract class PasslockException internal constructor(private val fields: ErrorFields) :
    RuntimeException(fields.message, fields.cause?.let(::TextCause)) {

    /** The kind, for code that does not match on classes. */
    public val kind: ErrorKind get() = fields.kind

    /** The operation that failed; null for `warmUp`, and if no call was made. */
    public val operation: Operation? get() = fields.operation

    /** The HTTP status of the last attempt's response; null if it had none. */
    public val status: Int? get() = fields.status

    /** The API's own name for its error, verbatim. */
    public val tag: String? get() = fields.tag

    /** What the API says about its error. */
    public val detail: String? get() = fields.detail

    /** The id that the service assigned to the request: quote it to Passlock's support. */
    public val requestId: String? get() = fields.requestId

    /**
     * How long the service asks you to wait before another attempt, counted from its response. From Java:
     * [getRetryAfterDuration].
     */
    @get:JvmSynthetic
    public val retryAfter: Duration? get() = fields.retryAfter?.toKotlinDuration()

    /** How long the service asks you to wait, for Java. */
    public fun getRetryAfterDuration(): java.time.Duration? = fields.retryAfter

    /** How many requests were attempted; 0 if the call was refused before the first. */
    public val attempts: Int get() = fields.attempts

    /** Whether the same call may succeed later and is safe to repeat, even when the SDK's own retries are used up. */
    public val isRetryable: Boolean get() = fields.retryable

    /** The time limit that was exceeded. */
    public val limit: Limit? get() = fields.limit

    /** The claim that failed its check. */
    public val claim: Claim? get() = fields.claim

    /** A likely cause, if recognized. */
    public val hint: Hint? get() = fields.hint

    /**
     * Whether an update was accepted even though the call failed: the user was changed, but could not be read back. If this is
     * false, an update that ended in `timeout`, `connection` or `server` may have been made all the same.
     */
    public val isApplied: Boolean get() = fields.applied

    /** The HTTP status to return to your own caller, such as the browser that sent the token. */
    public val suggestedStatus: Int get() = fields.suggestedStatus

    /** Whether the login itself was refused: the token is invalid, or its user is disabled. */
    public val isLoginRefused: Boolean get() = fields.isLoginRefused

    /** A setting is missing or wrong, the client is closed, or there is no native library for this platform. */
    public class Config internal constructor(fields: ErrorFields) : PasslockException(fields)

    /** An argument was refused before anything was sent. */
    public class InvalidInput internal constructor(fields: ErrorFields) : PasslockException(fields)

    /** The API responded with an error. */
    public abstract class Api internal constructor(fields: ErrorFields) : PasslockException(fields)

    /** HTTP 401: the API key or the tenancy id was refused. */
    public class Unauthorized internal constructor(fields: ErrorFields) : Api(fields)

    /** HTTP 403: the key lacks permission, or the key or the user is disabled. */
    public class Forbidden internal constructor(fields: ErrorFields) : Api(fields)

    /** HTTP 404: no such user, or a token that is unknown or expired. */
    public class NotFound internal constructor(fields: ErrorFields) : Api(fields)

    /** HTTP 429: see [retryAfter]. */
    public class RateLimited internal constructor(fields: ErrorFields) : Api(fields)

    /** Any other 4xx. */
    public class BadRequest internal constructor(fields: ErrorFields) : Api(fields)

    /** HTTP 5xx. */
    public class Server internal constructor(fields: ErrorFields) : Api(fields)

    /** A time limit was exceeded; [limit] says which. */
    public class Timeout internal constructor(fields: ErrorFields) : PasslockException(fields)

    /** No connection, or it closed before the response was complete: DNS, refused, TLS, reset, cut off. */
    public class Connection internal constructor(fields: ErrorFields) : PasslockException(fields)

    /** A response that can't be understood: not JSON, a field missing, too large, a redirect. */
    public class Protocol internal constructor(fields: ErrorFields) : PasslockException(fields)

    /** A well-formed principal that is not for this tenancy or not valid now; [claim] says which claim failed its check. */
    public class Claims internal constructor(fields: ErrorFields) : PasslockException(fields)

    /** An internal error in the SDK: please report it as a bug. */
    public class Internal internal constructor(fields: ErrorFields) : PasslockException(fields)

    /**
     * Collects the fields of an exception for use in tests. [suggestedStatus] and [isLoginRefused] follow from its kind,
     * operation, tag and hint, as in a client's exceptions.
     */
    public class Builder internal constructor(kind: ErrorKind, message: String) {
        private var fields = ErrorFields(kind, message)

        /** The operation that failed. Default: null. */
        public fun operation(operation: Operation): Builder = set { copy(operation = operation) }

        /** The HTTP status of the last attempt's response. Default: null. */
        public fun status(status: Int): Builder = set { copy(status = status) }

        /** The API's own name for its error. Default: null. */
        public fun tag(tag: String): Builder = set { copy(tag = tag) }

        /** What the API says about its error. Default: null. */
        public fun detail(detail: String): Builder = set { copy(detail = detail) }

        /** The id that the service assigned to the request. Default: null. */
        public fun requestId(requestId: String): Builder = set { copy(requestId = requestId) }

        /** How long the service asks to wait before another attempt. Default: null. */
        @JvmSynthetic
        public fun retryAfter(wait: Duration): Builder = retryAfter(wait.toJavaDuration())

        /** How long the service asks to wait before another attempt. Default: null. */
        public fun retryAfter(wait: java.time.Duration): Builder = set { copy(retryAfter = wait) }

        /** How many requests were attempted. Default: 0. */
        public fun attempts(attempts: Int): Builder = set { copy(attempts = attempts) }

        /** Whether the same call may succeed later and is safe to repeat. Default: false. */
        public fun retryable(retryable: Boolean): Builder = set { copy(retryable = retryable) }

        /** The time limit that was exceeded. Default: null. */
        public fun limit(limit: Limit): Builder = set { copy(limit = limit) }

        /** The claim that failed its check. Default: null. */
        public fun claim(claim: Claim): Builder = set { copy(claim = claim) }

        /** A likely cause. Default: null. */
        public fun hint(hint: Hint): Builder = set { copy(hint = hint) }

        /** Whether an update was accepted even though the call failed. Default: false. */
        public fun applied(applied: Boolean): Builder = set { copy(applied = applied) }

        /** The text of the exception's cause. Default: null. */
        public fun cause(cause: String): Builder = set { copy(cause = cause) }

        /**
         * Returns the exception, of the class that its kind has.
         *
         * @throws Config if there is no native library for this platform, which decides what follows from the fields
         */
        public fun build(): PasslockException = of(fields.suggesting())

        private inline fun set(change: ErrorFields.() -> ErrorFields): Builder = apply { fields = fields.change() }
    }

    public companion object {
        private const val serialVersionUID = 1L

        /** A builder of an exception for use in tests, for Java. */
        @JvmStatic
        public fun builder(kind: ErrorKind, message: String): Builder = Builder(kind, message)

        /**
         * Creates an exception for use in tests, with a Kotlin DSL block:
         * `PasslockException(ErrorKind.NOT_FOUND, "expired") { operation(Operation.EXCHANGE_TOKEN) }`.
         */
        @JvmSynthetic
        public operator fun invoke(kind: ErrorKind, message: String, configure: Builder.() -> Unit = {}): PasslockException =
            Builder(kind, message).apply(configure).build()

        /** The exception of the kind that the fields name. */
        @JvmSynthetic
        internal fun of(fields: ErrorFields): PasslockException = when (fields.kind) {
            ErrorKind.CONFIG -> Config(fields)
            ErrorKind.INVALID_INPUT -> InvalidInput(fields)
            ErrorKind.UNAUTHORIZED -> Unauthorized(fields)
            ErrorKind.FORBIDDEN -> Forbidden(fields)
            ErrorKind.NOT_FOUND -> NotFound(fields)
            ErrorKind.RATE_LIMITED -> RateLimited(fields)
            ErrorKind.BAD_REQUEST -> BadRequest(fields)
            ErrorKind.SERVER -> Server(fields)
            ErrorKind.TIMEOUT -> Timeout(fields)
            ErrorKind.CONNECTION -> Connection(fields)
            ErrorKind.PROTOCOL -> Protocol(fields)
            ErrorKind.CLAIMS -> Claims(fields)
            ErrorKind.INTERNAL -> Internal(fields)
        }
    }
}
