package dev.passlock

import dev.passlock.internal.deleteOthers
import dev.passlock.internal.unpack
import dev.passlock.testing.PasslockEmulator
import java.io.ByteArrayInputStream
import java.io.File
import java.lang.ref.WeakReference
import java.net.URLClassLoader
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import java.util.concurrent.CancellationException
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir

/** Application servers, which load, start, stop and load again; and what else may be on the machine. */
internal class HostileServerTest : EmulatorTest() {
    @Test
    fun `a redeployed application leaves nothing behind`() {
        ada()
        val printed = inOwnJava("dev.passlock.Redeploys", environment = mapOf("ENDPOINT" to emulator.endpoint))
        assertEquals("all as expected", printed.trim())
    }

    @Test
    fun `a client can be opened as soon as the library can be unpacked`(@TempDir folder: Path) {
        val printed = inOwnJava("dev.passlock.OpensAgain", "-Djava.io.tmpdir=${folder.resolve("later")}")
        // From JDK 20 on, Java itself warns of such a folder first.
        assertEquals("all as expected", printed.trim().lines().last())
    }

    @Test
    fun `the library is unpacked for its owner's eyes alone`() {
        // As if everybody might read and write what this process makes: a file that is made anew would be for everybody.
        val file = unpack(ByteArrayInputStream("library".toByteArray()), "passlock-test.so")
        try {
            assertEquals("library", Files.readString(file))
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        } finally {
            Files.delete(file)
        }
    }

    @Test
    fun `left-over libraries that can't be deleted are left`() {
        deleteOthers(Path.of("no such folder", "passlock-1-test.so"), "passlock-test.so")
    }

    @Test
    fun `no thread inherits what belongs to a caller`() {
        val context = InheritableThreadLocal<String>()
        val seen = ConcurrentLinkedQueue<String>()
        val options = emulator.options().listener { seen += context.get() ?: "nothing" }.build()
        PasslockAsyncClient(options).use { client ->
            for (name in listOf("alice", "bob")) {
                thread {
                    context.set(name)
                    assertThrows<ExecutionException> { client.getUser("").get(20, TimeUnit.SECONDS) }
                }.join()
            }
        }
        assertEquals(listOf("nothing", "nothing"), seen.toList())
    }
}

/** Loads an application with a package of its own, has it used, and drops it: once closed in order, and once just forgotten. */
internal object Redeploys {
    /** Linux's list of what is in this process. */
    private val mappings = File("/proc/self/maps")

    @JvmStatic
    fun main(args: Array<String>) {
        val before = threads()
        for (closes in listOf(true, false, true)) {
            val loader = deploy(closes)
            if (closes) noThreadsBut(before)
            eventually(20.seconds) {
                System.gc()
                loader.get() == null
            }
            noThreadsBut(before)
            // Once the threads have ended that made calls: those have destructors in the library.
            if (mappings.exists()) eventually(5.seconds) { "passlock_jni" !in mappings.readText() }
        }
        println("all as expected")
    }

    private fun noThreadsBut(before: Set<String>) = try {
        eventually(5.seconds) { (threads() - before).isEmpty() }
    } catch (late: IllegalStateException) {
        throw IllegalStateException("still there: ${threads() - before}", late)
    }

    private fun threads() = Thread.getAllStackTraces().keys.filter { it.isAlive }.map { it.name }
        // The JVM's own, which come when they are needed.
        .filterNot { it.startsWith("Attach") || it.startsWith("C1") || it.startsWith("C2") || it.startsWith("Common-Cleaner") }
        .toSet()

    private fun deploy(closes: Boolean): WeakReference<ClassLoader> {
        val classPath = System.getProperty("java.class.path").split(File.pathSeparator).map { File(it).toURI().toURL() }
        val loader = URLClassLoader(classPath.toTypedArray(), ClassLoader.getPlatformClassLoader())
        // Servers start applications with their loader as that of the thread's context.
        val failure = arrayOfNulls<Throwable>(1)
        val started = CountDownLatch(1)
        val thread = Thread({
            try {
                val application = loader.loadClass("dev.passlock.Application")
                application.getMethod("run", Boolean::class.java).invoke(null, closes)
            } catch (error: Throwable) {
                failure[0] = error
            }
            started.countDown()
        }, "deployer")
        thread.contextClassLoader = loader
        thread.start()
        started.await()
        thread.join()
        failure[0]?.let { throw it }
        loader.close()
        return WeakReference(loader)
    }
}

/** What is deployed. It uses nothing that has threads of its own, as time limits of coroutines and their dispatchers do. */
internal object Application {
    @JvmStatic
    fun run(closes: Boolean) {
        val options = PasslockOptions.builder().tenancyId("tenancy-1").apiKey(KEY).endpoint(System.getenv("ENDPOINT")).build()
        val clients = Triple(PasslockBlockingClient(options), PasslockAsyncClient(options), PasslockClient(options))
        val (blocking, async, suspending) = clients
        val names = listOf(blocking.getUser("user-1"), async.getUser("user-1").join(), runBlocking { suspending.getUser("user-1") })
        check(names.all { it.givenName == "Ada" })
        assertThrows<PasslockException.NotFound> { runBlocking { suspending.exchangeToken("unknown") } }
        if (closes) clients.toList().forEach { (it as AutoCloseable).close() }
    }
}

/** Opens a client where temporary files can't be written, and again where they can. */
internal object OpensAgain {
    @JvmStatic
    fun main(args: Array<String>) {
        val options = PasslockOptions.builder().tenancyId("tenancy-1").apiKey(KEY).build()
        val refused = assertThrows<PasslockException.Config> { PasslockBlockingClient(options) }
        check("(java.io.tmpdir) writable and executable, and is there room in it" in refused.message.orEmpty()) { refused }
        check(File(System.getProperty("java.io.tmpdir")).mkdir())
        PasslockBlockingClient(options).close()
        println("all as expected")
    }
}

/** Has many virtual threads wait on a single thread of the system's: one that is pinned would keep all others from beginning. */
internal object VirtualThreads {
    @JvmStatic
    fun main(args: Array<String>) {
        val start = Thread::class.java.getMethod("startVirtualThread", Runnable::class.java)
        PasslockEmulator.start("tenancy-1", KEY).use { emulator ->
            emulator.addUser("ada@example.com", sub = "user-1", givenName = "Ada")
            emulator.fault("delay", mapOf("millis" to 3000), times = 64)
            PasslockBlockingClient(emulator.options().build()).use { client ->
                val right = AtomicInteger()
                val threads = List(64) {
                    start.invoke(null, Runnable { if (client.getUser("user-1").givenName == "Ada") right.incrementAndGet() }) as Thread
                }
                eventually { emulator.journal().size == 64 }
                threads.forEach { it.join(20_000) }
                check(right.get() == 64) { "${right.get()} of 64 came back" }
                emulator.fault("hang", times = 1)
                val waiting = start.invoke(null, Runnable { assertThrows<CancellationException> { client.getUser("user-1") } }) as Thread
                eventually { emulator.journal().size == 65 }
                waiting.interrupt()
                waiting.join(20_000)
                check(!waiting.isAlive)
            }
        }
        println("all as expected")
    }
}
