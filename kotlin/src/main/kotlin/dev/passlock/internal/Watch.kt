package dev.passlock.internal

import dev.passlock.AttemptReport
import dev.passlock.CallInfo
import dev.passlock.CallListener
import dev.passlock.CallReport
import dev.passlock.ErrorKind
import dev.passlock.PasslockException
import java.time.Instant
import java.util.concurrent.CancellationException
import java.util.concurrent.atomic.AtomicBoolean
import java.util.logging.Level
import java.util.logging.Logger
import kotlin.time.Duration.Companion.nanoseconds

/** How a call went, as it crosses. */
internal class Report(
    val info: CallInfo,
    /** None where they were not asked for. */
    val attempts: List<AttemptReport>,
    val serverAddress: String,
    val serverPort: Int,
)

/** The outcome of a call that is asked how it went. */
internal class Observed(
    /** As [PendingCall] has it. */
    val outcome: Any,
    val report: Report,
)

/** Somebody who listens to one call, and is told once. */
internal class Watch private constructor(private val listener: CallListener, private val operation: String) {
    private val begun = Instant.now()
    private val start = System.nanoTime()
    private val told = AtomicBoolean()

    /** The call has ended: with an outcome, or by what was thrown. Runs the application's code. */
    fun ended(outcome: Any) {
        if (told.compareAndSet(false, true)) guarded { listener.callEnded(report(outcome)) }
    }

    /** Somebody else has ended the call, on a thread that may be nobody's to block. */
    fun cancelled() {
        if (told.compareAndSet(false, true)) Handover.execute { guarded { listener.callEnded(report(CANCELLED)) } }
    }

    private fun report(outcome: Any): CallReport = when (outcome) {
        is Observed -> outcome.report.run {
            val attempted = info.attempts > 0
            CallReport(
                operation, begun, info, errorType(outcome.outcome), attempts,
                serverAddress.takeIf { attempted }, serverPort.takeIf { attempted },
            )
        }
        else -> CallReport(operation, begun, CallInfo(elapsed = (System.nanoTime() - start).nanoseconds), errorType(outcome))
    }

    private fun errorType(outcome: Any): String? = when (outcome) {
        is ErrorFields -> outcome.kind.code
        is PasslockException -> outcome.kind.code
        is CancellationException -> "cancelled"
        // No memory, most likely.
        is Throwable -> ErrorKind.INTERNAL.code
        else -> null
    }

    internal companion object {
        private val CANCELLED = CancellationException()

        /** A call of this operation begins on this thread. Null where nobody listens. */
        fun begin(listener: CallListener?, operation: String): Watch? {
            if (listener == null) return null
            var own: CallListener? = null
            guarded { own = listener.callBegun() }
            return own?.let { Watch(it, operation) }
        }
    }
}

/** Makes a call by [work], which gives its outcome, and tells who listens to it when it has ended, however that is. */
internal inline fun Watch?.over(work: () -> Any): Any {
    val outcome = try {
        work()
    } catch (thrown: Throwable) {
        this?.ended(thrown)
        throw thrown
    }
    this?.ended(outcome)
    return outcome
}

/** Runs a listener, whose mistakes are its own. */
private inline fun guarded(listener: () -> Unit) {
    try {
        listener()
    } catch (thrown: Throwable) {
        if (thrown is InterruptedException) Thread.currentThread().interrupt()
        try {
            Logger.getLogger("dev.passlock").log(Level.WARNING, "a call listener failed", thrown)
        } catch (_: Throwable) {
            // Nor is a logger's mistake the call's.
        }
    }
}
