package dev.passlock.internal

import dev.passlock.PasslockException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.concurrent.ForkJoinPool

// Apart from the other ways to wait for a call: Android has futures from API level 24 on.

/**
 * What completes futures when nothing else was given: the JVM's common pool, which is their default, and has a thread more for
 * each that waits for another future. Where it has one thread only, the JVM would start one for each future instead; those of
 * [Handover] are kept a while.
 */
private val DEFAULT: Executor by lazy { if (ForkJoinPool.getCommonPoolParallelism() > 1) ForkJoinPool.commonPool() else Handover }

/**
 * Makes a call. Its future is completed by [executor], or by [DEFAULT]. Completing it in another way,
 * as cancelling does, ends the call.
 */
internal fun <T> NativeClient.future(executor: Executor?, request: () -> Request): CompletableFuture<T> {
    val result = CompletableFuture<T>()
    try {
        val caller = Thread.currentThread()
        var beginning = true
        val call = begin(request()) { outcome ->
            // What is there at once needs no other thread: nobody has seen the future yet.
            if (Thread.currentThread() === caller && beginning) result.end(outcome) else result.endOn(executor, outcome)
        }
        beginning = false
        result.whenComplete { _, _ -> call.cancel() }
    } catch (failure: PasslockException) {
        result.completeExceptionally(failure)
    }
    return result
}

private fun <T> CompletableFuture<T>.endOn(executor: Executor?, outcome: Any) {
    if (executor == null) {
        DEFAULT.execute { end(outcome) }
        return
    }
    Handover.execute {
        try {
            executor.execute { end(outcome) }
        } catch (refusal: RuntimeException) {
            // An executor that was shut down takes nothing: the future must not wait for ever.
            completeExceptionally(refusal)
        }
    }
}

@Suppress("UNCHECKED_CAST")
private fun <T> CompletableFuture<T>.end(outcome: Any) {
    if (outcome is ErrorFields) completeExceptionally(PasslockException.of(outcome)) else complete(outcome as T)
}
