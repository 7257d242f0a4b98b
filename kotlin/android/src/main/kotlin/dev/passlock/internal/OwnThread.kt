package dev.passlock.internal

/**
 * A thread of ours. It does not keep the class loader of the thread that happens to need it first. Android's oldest levels have no
 * constructor without thread-locals that are inherited: those stay for as long as the thread.
 */
internal fun ownThread(name: String, work: Runnable): Thread = Thread(work, name).apply {
    isDaemon = true
    contextClassLoader = Bridge::class.java.classLoader
}
