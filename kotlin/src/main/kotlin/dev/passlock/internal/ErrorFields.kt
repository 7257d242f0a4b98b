package dev.passlock.internal

import dev.passlock.Claim
import dev.passlock.ErrorKind
import dev.passlock.Hint
import dev.passlock.Limit
import dev.passlock.Operation
import java.io.Serializable
import java.time.Duration

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
    }
}

/** The cause of an error, which is known as text only. */
internal class TextCause(text: String) : Exception(text, null, false, false) {
    private companion object {
        private const val serialVersionUID = 1L
    }
}
