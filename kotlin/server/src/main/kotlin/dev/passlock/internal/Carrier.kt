package dev.passlock.internal

import java.lang.ref.PhantomReference
import java.lang.ref.ReferenceQueue
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/** In bytes: what a handshake of TLS needs must not depend on the JVM's flags. */
private const val STACK = 2L * 1024 * 1024

/**
 * The thread that carries all calls on. It is there while a client is open or a call in flight, and holds nothing afterwards:
 * a class loader whose clients are closed, or forgotten, can be collected.
 */
internal object Carrier {
    private val lock = ReentrantLock()
    private val open = HashMap<Long, Lease>()
    private val forgotten = ReferenceQueue<JniClient>()
    private var thread: Thread? = null

    /** Notices when no client is referenced any more. */
    private class Lease(client: JniClient, val number: Long) : PhantomReference<JniClient>(client, forgotten)

    /** Opens a client with a function that returns its number. */
    fun open(native: () -> Long): JniClient {
        // Outside of the lock, which the thread takes too: it reads files, and those may be on a disk that is gone.
        val number = native()
        try {
            return lock.withLock {
                JniClient(number).also { client ->
                    if (thread == null) thread = start()
                    open[number] = Lease(client, number)
                }
            }
        } catch (error: Throwable) {
            // There is no memory for a thread.
            Native.close(number)
            throw error
        }
    }

    /** Closes a client. */
    fun close(number: Long) {
        // Outside of the lock: it closes sockets.
        if (lock.withLock { open.remove(number) } != null) Native.close(number)
    }

    private fun start(): Thread = ownThread("passlock", STACK, ::carry).apply { start() }

    private fun carry() {
        while (true) {
            try {
                Native.drive()
                while (true) close((forgotten.poll() as Lease? ?: break).number)
            } catch (_: Throwable) {
                // Out of memory, most likely. The calls are still waiting, whatever it was.
            }
            try {
                if (ended()) return
            } catch (_: Throwable) {
                // As above.
            }
        }
    }

    private fun ended(): Boolean = lock.withLock {
        // A client that is open already keeps it from stopping. One that comes later starts a thread of its own.
        Native.stop().also { stopped -> if (stopped) thread = null }
    }
}
