package dev.passlock.internal

import dev.passlock.CallListener
import dev.passlock.PasslockException
import dev.passlock.WithInfo
import java.util.concurrent.CancellationException
import java.util.concurrent.locks.LockSupport
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.coroutineContext
import kotlin.coroutines.resume
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.suspendCancellableCoroutine

/** What a client makes its calls with. */
internal class Calls(private val native: NativeClient, private val listener: CallListener?) {
    /** Null where nobody listens. */
    fun watch(request: Request): Watch? = Watch.begin(listener, request.operation)

    /** Begins a call, and asks as much of it as somebody wants to know: see [NativeClient.begin]. */
    fun begin(request: Request, withInfo: Boolean, watch: Watch?, call: PendingCall): Cancellation {
        request.requireUnicode()
        val detail = if (watch != null) Detail.ATTEMPTS else if (withInfo) Detail.CALL else Detail.NONE
        return native.begin(request, detail, call)
    }

    fun close(): Unit = native.close()
}

// Two ways to wait for a call; the third is in Futures.kt. In all of them it begins on the caller's thread, and nothing of the application runs on
// the thread that carries calls on: no continuation, no executor, no dispatcher and no listener.

/**
 * The dispatcher of `runBlocking`: to resume there is to put it into a queue, and to wake a thread. By name, since it is known in no
 * other way until `runBlocking` runs; where it has another one, its calls take the longer way.
 */
private const val EVENT_LOOP = "kotlinx.coroutines.BlockingEventLoop"

/**
 * Makes a call and suspends until it has ended. Cancelling the coroutine ends the call.
 *
 * @throws PasslockException when it fails
 */
internal suspend fun Calls.await(request: Request, withInfo: Boolean = false): Any {
    val context = coroutineContext
    context.ensureActive()
    val dispatcher = context[ContinuationInterceptor]
    // A dispatcher of another kind may be an executor of the application's, which may run everything inline; and without
    // one a coroutine goes on wherever it is resumed.
    val direct = dispatcher === Dispatchers.Default || dispatcher === Dispatchers.IO || dispatcher?.javaClass?.name == EVENT_LOOP
    val watch = watch(request)
    val outcome = watch.over {
        suspendCancellableCoroutine { continuation ->
            if (continuation.isCancelled) return@suspendCancellableCoroutine
            val call = begin(request, withInfo, watch) { outcome ->
                if (direct) continuation.resume(outcome) else Handover.execute { continuation.resume(outcome) }
            }
            // One that was cancelled meanwhile ends here.
            continuation.invokeOnCancellation { call.cancel() }
        }
    }
    return result(outcome, withInfo)
}

/**
 * Makes a call and parks this thread until it has ended. Interrupting the thread ends the call.
 *
 * @throws PasslockException when it fails
 * @throws CancellationException when the thread is interrupted, as it stays
 */
internal fun Calls.block(request: Request, withInfo: Boolean = false): Any {
    if (Thread.currentThread().isInterrupted) throw interrupted()
    val watch = watch(request)
    val outcome = watch.over {
        val waiting = ParkedCall()
        val call = begin(request, withInfo, watch, waiting)
        waiting.outcome() ?: run { call.cancel(); throw interrupted() }
    }
    return result(outcome, withInfo)
}

private fun interrupted() = CancellationException("the thread was interrupted")

/** A thread that is parked until its call has ended. */
private class ParkedCall : PendingCall {
    private val thread = Thread.currentThread()

    @Volatile
    private var outcome: Any? = null

    override fun complete(outcome: Any) {
        this.outcome = outcome
        LockSupport.unpark(thread)
    }

    /** Waits; null when the thread was interrupted. */
    fun outcome(): Any? {
        while (true) {
            outcome?.let { return it }
            if (thread.isInterrupted) return null
            LockSupport.park(this)
        }
    }
}

/** What the caller gets of an outcome. Its exception is made here, where the stack shows the caller. */
private fun result(outcome: Any, withInfo: Boolean): Any {
    val value = valueOf(outcome)
    if (value is ErrorFields) throw PasslockException.of(value)
    return result(value, outcome, withInfo)
}

/** What an outcome is without the report that may come with it: a value, or [ErrorFields]. */
internal fun valueOf(outcome: Any): Any = if (outcome is Observed) outcome.outcome else outcome

/** A value of an outcome, as it was asked for. Where a call gives nothing, its details are all there is to give. */
internal fun result(value: Any, outcome: Any, withInfo: Boolean): Any {
    if (!withInfo) return value
    val info = (outcome as Observed).report.info
    return if (value === Done) info else WithInfo(value, info)
}
