package dev.passlock.internal

import java.util.concurrent.Executor
import java.util.concurrent.ForkJoinPool
import java.util.concurrent.SynchronousQueue
import java.util.concurrent.ThreadPoolExecutor
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger

/**
 * Threads that may run code of the application: its executors, its dispatchers, and what those run inline. There is always
 * one more, so that none waits for another, however long it blocks. They end after a second without work.
 */
internal object Handover : Executor {
    private val last = AtomicInteger()
    private val threads = ThreadPoolExecutor(0, Int.MAX_VALUE, 1, TimeUnit.SECONDS, SynchronousQueue()) { work ->
        ownThread("passlock-handover-${last.incrementAndGet()}", work = work)
    }

    override fun execute(work: Runnable) {
        try {
            threads.execute(work)
        } catch (_: OutOfMemoryError) {
            // There can be no more threads. These exist already, and the work must not be lost.
            ForkJoinPool.commonPool().execute(work)
        }
    }
}
