package dev.passlock.internal

import dev.passlock.Claim
import dev.passlock.ErrorKind
import dev.passlock.Hint
import dev.passlock.Limit
import dev.passlock.Operation
import java.io.Serializable
import java.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration

/** What an exception is made of. */
internal data class ErrorFields(
    val kind: ErrorKind,
    val message: String,
    val operation: Operation? = null,
    val status: Int? = null,
    val tag: String? = null,
    val detail: String? = null,
    val requestId: String? = null,
    /** Java's, since Kotlin's is not serializable. */
    val retryAfter: Duration? = null,
    val attempts: Int = 0,
    val retryable: Boolean = false,
    val limit: Limit? = null,
    val claim: Claim? = null,
    val hint: Hint? = null,
    val applied: Boolean = false,
    val cause: String? = null,
) : Serializable {
    internal companion object {
        private const val serialVersionUID = 1L

        /** Why a call has no result that could be told. Made before there is any need. */
        val LOST = ErrorFields(ErrorKind.INTERNAL, "the outcome of the call is lost: the JVM may be out of memory")

        /** A failure as it crosses: codes as texts, and null for what is absent. */
        fun of(
            kind: String,
            message: String,
            operation: String?,
            status: Int?,
            tag: String?,
            detail: String?,
            requestId: String?,
            retryAfter: Double?,
            attempts: Int,
            retryable: Boolean,
            limit: String?,
            claim: String?,
            hint: String?,
            applied: Boolean,
            cause: String?,
        ) = ErrorFields(
            kind = ErrorKind.entries.first { it.code == kind },
            message = message,
            operation = operation?.let { code -> Operation.entries.first { it.code == code } },
            status = status,
            tag = tag,
            detail = detail,
            requestId = requestId,
            retryAfter = retryAfter?.seconds?.toJavaDuration(),
            attempts = attempts,
            retryable = retryable,
            limit = limit?.let { code -> Limit.entries.first { it.code == code } },
            claim = claim?.let { code -> Claim.entries.first { it.code == code } },
            hint = hint?.let { code -> Hint.entries.first { it.code == code } },
            applied = applied,
            cause = cause,
        )
    }
}

/** The cause of an error, which is known as text only. It has no stack: it was made nowhere in Java. */
internal class TextCause(text: String) : Exception(text) {
    override fun fillInStackTrace(): Throwable = this

    private companion object {
        private const val serialVersionUID = 1L
    }
}
