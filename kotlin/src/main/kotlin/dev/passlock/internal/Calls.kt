package dev.passlock.internal

import dev.passlock.PasslockException
import java.util.concurrent.CancellationException
import java.util.concurrent.locks.LockSupport
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.coroutineContext
import kotlin.coroutines.resume
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.suspendCancellableCoroutine

// Two ways to wait for a call; the third is in Futures.kt. In all of them it begins on the caller's thread, and nothing of the application runs on
// the thread that carries calls on: no continuation, no executor and no dispatcher.

/** The dispatcher of `runBlocking`: to resume there is to put it into a queue, and to wake a thread. */
private val EVENT_LOOP: Class<*>? by lazy { runBlocking { coroutineContext[ContinuationInterceptor] }?.javaClass }

/**
 * Makes a call and suspends until it has ended. Cancelling the coroutine ends the call.
 *
 * @throws PasslockException when it fails
 */
internal suspend fun NativeClient.await(request: () -> Request): Any {
    val context = coroutineContext
    context.ensureActive()
    val made = request()
    val dispatcher = context[ContinuationInterceptor]
    // A dispatcher of another kind may be an executor of the application's, which may run everything inline; and without
    // one a coroutine goes on wherever it is resumed.
    val direct = dispatcher === Dispatchers.Default || dispatcher === Dispatchers.IO || dispatcher?.javaClass === EVENT_LOOP
    val outcome = suspendCancellableCoroutine { continuation ->
        if (continuation.isCancelled) return@suspendCancellableCoroutine
        val call = begin(made) { outcome ->
            if (direct) continuation.resume(outcome) else Handover.execute { continuation.resume(outcome) }
        }
        // One that was cancelled meanwhile ends here.
        continuation.invokeOnCancellation { call.cancel() }
    }
    return orThrow(outcome)
}

/**
 * Makes a call and parks this thread until it has ended. Interrupting the thread ends the call.
 *
 * @throws PasslockException when it fails
 * @throws CancellationException when the thread is interrupted, as it stays
 */
internal fun NativeClient.block(request: () -> Request): Any {
    if (Thread.currentThread().isInterrupted) throw interrupted()
    val waiting = ParkedCall()
    val call = begin(request(), waiting)
    return orThrow(waiting.outcome() ?: run { call.cancel(); throw interrupted() })
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

/** Made here, where its stack shows the caller. */
private fun orThrow(outcome: Any): Any = if (outcome is ErrorFields) throw PasslockException.of(outcome) else outcome
