package dev.passlock.internal

/**
 * A thread of ours, with [stack] bytes of stack, or what the JVM thinks right for 0. It keeps nothing of the thread that happens
 * to need it first: no class loader, and no thread-local that is inherited, such as a server's security context.
 */
internal fun ownThread(name: String, stack: Long = 0, work: Runnable): Thread = Thread(null, work, name, stack, false).apply {
    isDaemon = true
    contextClassLoader = Carrier::class.java.classLoader
}
