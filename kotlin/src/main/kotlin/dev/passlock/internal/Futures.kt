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
internal fun <T> Calls.future(executor: Executor?, request: Request, withInfo: Boolean = false): CompletableFuture<T> {
    val result = CompletableFuture<T>()
    val watch = watch(request)
    try {
        val caller = Thread.currentThread()
        var beginning = true
        val call = begin(request, withInfo, watch) { outcome ->
            // What is there at once needs no other thread: nobody has seen the future yet. A listener does: it may block.
            if (watch == null && Thread.currentThread() === caller && beginning) {
                result.end(outcome, withInfo)
            } else {
                result.endOn(executor, outcome, watch) { end(outcome, withInfo) }
            }
        }
        beginning = false
        result.whenComplete { _, _ ->
            call.cancel()
            watch?.cancelled()
        }
    } catch (failure: PasslockException) {
        if (watch == null) {
            result.completeExceptionally(failure)
        } else {
            result.endOn(executor, failure, watch) { completeExceptionally(failure) }
        }
    }
    return result
}

private fun <T> CompletableFuture<T>.endOn(
    executor: Executor?,
    outcome: Any,
    watch: Watch?,
    end: CompletableFuture<T>.() -> Unit,
) {
    if (executor == null && watch == null) {
        DEFAULT.execute { end() }
        return
    }
    Handover.execute {
        if (executor == null) {
            // Here, and not in the common pool, where one that blocks would hold up other futures.
            watch?.ended(outcome)
            DEFAULT.execute { end() }
            return@execute
        }
        try {
            executor.execute {
                watch?.ended(outcome)
                end()
            }
        } catch (refusal: RuntimeException) {
            // An executor that was shut down takes nothing: the future must not wait for ever.
            watch?.ended(outcome)
            completeExceptionally(refusal)
        }
    }
}

@Suppress("UNCHECKED_CAST")
private fun <T> CompletableFuture<T>.end(outcome: Any, withInfo: Boolean) {
    when (val value = valueOf(outcome)) {
        is ErrorFields -> completeExceptionally(PasslockException.of(value))
        // A future has null for nothing.
        else -> complete(result(value, outcome, withInfo).takeUnless { it === Done } as T)
    }
}
