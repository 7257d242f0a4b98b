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

/** The fields of an exception. */
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
    /** By default that of a failure on this side: no native library, or no memory. All others have it from the core. */
    val suggestedStatus: Int = 500,
    val isLoginRefused: Boolean = false,
) : Serializable {
    /** With what the core makes of the others. */
    fun suggesting(): ErrorFields {
        val suggested = of(Bridge.failure(kind.code, operation?.code, tag, hint?.code, ""))
        return copy(suggestedStatus = suggested.suggestedStatus, isLoginRefused = suggested.isLoginRefused)
    }

    internal companion object {
        private const val serialVersionUID = 1L

        /** Why a call has no result that could be told. Made before there is any need. */
        val LOST = ErrorFields(ErrorKind.INTERNAL, "the outcome of the call is lost: the JVM may be out of memory")

        /** A failure as it crosses: what is known, as texts by the names that the native library has for it. */
        fun of(texts: Map<String, String>) = ErrorFields(
            kind = ErrorKind.entries.first { it.code == texts["kind"] },
            message = texts.getValue("message"),
            operation = texts["operation"]?.let { code -> Operation.entries.first { it.code == code } },
            status = texts["status"]?.toInt(),
            tag = texts["tag"],
            detail = texts["detail"],
            requestId = texts["requestId"],
            retryAfter = texts["retryAfter"]?.toDouble()?.seconds?.toJavaDuration(),
            attempts = texts.getValue("attempts").toInt(),
            retryable = texts.getValue("retryable").toBoolean(),
            limit = texts["limit"]?.let { code -> Limit.entries.first { it.code == code } },
            claim = texts["claim"]?.let { code -> Claim.entries.first { it.code == code } },
            hint = texts["hint"]?.let { code -> Hint.entries.first { it.code == code } },
            applied = texts.getValue("applied").toBoolean(),
            cause = texts["cause"],
            suggestedStatus = texts.getValue("suggestedStatus").toInt(),
            isLoginRefused = texts.getValue("isLoginRefused").toBoolean(),
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
