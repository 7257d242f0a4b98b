package dev.passlock.internal

import dev.passlock.Operation
import dev.passlock.PasslockException
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.coroutineContext
import kotlin.coroutines.resume
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withContext

/** Calls in flight, by the numbers that the native library knows them by. */
internal object Calls {
    private val waiting = ConcurrentHashMap<Long, CancellableContinuation<Any>>()
    private val last = AtomicLong()

    /** How many are in flight. */
    val inFlight: Int get() = waiting.size

    /**
     * Runs a call, which [begin] hands to the native library under a number. Cancelling the coroutine ends it.
     *
     * A coroutine without a dispatcher would go on, when the call has ended, on the native library's thread. It is one, and
     * does the I/O of all calls, so the caller's code must not run there: such a coroutine goes on on the default dispatcher
     * instead.
     *
     * @throws PasslockException when the call fails
     */
    suspend fun run(operation: Operation, settings: Settings, begin: (call: Long) -> Unit): Any {
        val context = coroutineContext
        context.ensureActive()
        settings.requireUnicode(operation)
        val dispatcher = context[ContinuationInterceptor] as? CoroutineDispatcher
        val outcome = if (dispatcher != null && dispatcher.isDispatchNeeded(context)) {
            outcome(begin)
        } else {
            withContext(Dispatchers.Default) { outcome(begin) }
        }
        // Made here, where its stack shows the caller.
        if (outcome is ErrorFields) throw PasslockException.of(outcome)
        return outcome
    }

    /** A call has ended: with a principal, a user, or what an exception is made of. */
    fun end(call: Long, outcome: Any) {
        waiting.remove(call)?.resume(outcome)
    }

    private suspend fun outcome(begin: (call: Long) -> Unit): Any = suspendCancellableCoroutine { continuation ->
        val call = last.incrementAndGet()
        waiting[call] = continuation
        continuation.invokeOnCancellation {
            waiting.remove(call)
            Native.cancel(call)
        }
        if (continuation.isCancelled) return@suspendCancellableCoroutine
        try {
            begin(call)
        } catch (failure: PasslockException) {
            waiting.remove(call)
            throw failure
        }
        // One that was cancelled meanwhile may have begun after that.
        if (continuation.isCancelled) Native.cancel(call)
    }
}
