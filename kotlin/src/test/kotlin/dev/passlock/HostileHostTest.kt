package dev.passlock

import java.nio.file.Files
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executor
import java.util.concurrent.Executors
import java.util.concurrent.RejectedExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.LockSupport
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.assertThrows

/** Applications that do what a library should survive. `HostileServerTest` has those of application servers. */
internal class HostileHostTest : EmulatorTest() {
    /** An executor that runs everything inline, and remembers where. */
    private class Inline : Executor {
        val threads = ConcurrentLinkedQueue<String>()

        override fun execute(work: Runnable) {
            threads += Thread.currentThread().name
            work.run()
        }
    }

    private fun asyncClient(executor: Executor? = null) = PasslockAsyncClient(emulator.options().build(), executor)

    @TestFactory
    fun `a coroutine that blocks where it goes on stops no other call`(): List<DynamicTest> {
        val dispatchers: List<Pair<String, (Inline) -> CoroutineDispatcher>> = listOf(
            "an inline dispatcher" to { inline -> inline.asCoroutineDispatcher() },
            "Unconfined" to { _ -> Dispatchers.Unconfined },
        )
        return dispatchers.map { (name, dispatcher) ->
            DynamicTest.dynamicTest(name) {
                val inline = Inline()
                emulator.reset()
                ada()
                // Long enough that a coroutine suspends, and goes on when the answer is there.
                emulator.fault("delay", mapOf("millis" to 300), times = 2)
                val released = CountDownLatch(1)
                val scope = CoroutineScope(dispatcher(inline) + Job())
                withClient { client ->
                    val blocked = List(2) {
                        scope.async {
                            client.getUser("user-1")
                            released.await(10, TimeUnit.SECONDS) to Thread.currentThread().name
                        }
                    }
                    try {
                        eventually { emulator.journal().count { it.outcome == "faulted" || it.outcome == "answered" } == 2 }
                        assertEquals("Ada", client.getUser("user-1").givenName)
                    } finally {
                        released.countDown()
                    }
                    for (each in blocked) {
                        val (inTime, thread) = each.await()
                        assertTrue(inTime, "the other call ended only when this one no longer blocked")
                        assertTrue(!carriesCalls(thread), "it resumed on the thread that carries calls on")
                    }
                }
                scope.cancel()
                assertTrue(inline.threads.none(::carriesCalls), "the executor was called by the thread that carries calls on")
            }
        }
    }

    @TestFactory
    fun `continuations of futures that block stop no other call`(): List<DynamicTest> {
        val inline = Inline()
        val executors: List<Pair<String, Executor?>> = listOf("the default executor" to null, "an inline executor" to inline)
        // More than there are threads in any pool of the JVM's.
        val atOnce = 2 * Runtime.getRuntime().availableProcessors() + 2
        return executors.map { (name, executor) ->
            DynamicTest.dynamicTest(name) {
                emulator.reset()
                ada()
                asyncClient(executor).use { client ->
                    val users = List(atOnce) {
                        val token = emulator.issueToken("user-1")
                        client.exchangeToken(token).thenApply { client.getUser(it.sub).join() to Thread.currentThread().name }
                    }
                    for (user in users) {
                        val (found, thread) = user.get(20, TimeUnit.SECONDS)
                        assertEquals("Ada", found.givenName)
                        assertTrue(!carriesCalls(thread), "it ran on the thread that carries calls on")
                    }
                }
                assertTrue(inline.threads.none(::carriesCalls), "the executor was called by the thread that carries calls on")
            }
        }
    }

    @Test
    fun `continuations that block in a common pool of two threads stop no other call`() {
        ada()
        val environment = mapOf("ENDPOINT" to emulator.endpoint, "TOKEN" to emulator.issueToken("user-1"))
        val flag = "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2"
        val printed = inOwnJava("dev.passlock.BlocksInTheCommonPool", flag, environment = environment)
        assertEquals("all as expected", printed.trim())
    }

    @Test
    fun `futures are completed by the executor that was given`() {
        ada()
        emulator.fault("delay", mapOf("millis" to 300))
        val executor = Executors.newSingleThreadExecutor { Thread(it, "the application's") }
        try {
            asyncClient(executor).use { client ->
                val where = client.getUser("user-1").thenApply { Thread.currentThread().name }
                assertEquals("the application's", where.get(20, TimeUnit.SECONDS))
            }
        } finally {
            executor.shutdown()
        }
    }

    @Test
    fun `an executor that takes nothing fails the future`() {
        ada()
        val executor = Executors.newSingleThreadExecutor()
        executor.shutdown()
        asyncClient(executor).use { client ->
            emulator.fault("delay", mapOf("millis" to 300))
            val failure = assertThrows<ExecutionException> { client.getUser("user-1").get(20, TimeUnit.SECONDS) }
            assertTrue(failure.cause is RejectedExecutionException, "${failure.cause}")
        }
    }

    @Test
    fun `the thread of a blocking call may have any permit, and any number of wake-ups`() {
        ada()
        emulator.fault("delay", mapOf("millis" to 500))
        PasslockBlockingClient(emulator.options().build()).use { client ->
            val name = CompletableFuture<String?>()
            val caller = Thread { name.complete(client.getUser("user-1").givenName) }
            LockSupport.unpark(caller)
            caller.start()
            repeat(100) {
                LockSupport.unpark(caller)
                Thread.sleep(1)
            }
            assertEquals("Ada", name.get(20, TimeUnit.SECONDS))
        }
    }

    @Test
    fun `the first calls may come from many coroutines of one thread`() {
        ada()
        val printed = inOwnJava("dev.passlock.BeginsManyAtOnce", environment = mapOf("ENDPOINT" to emulator.endpoint))
        assertEquals("all as expected", printed.trim())
    }

    @Test
    fun `a client that is opened while a disk hangs holds up no other one's calls`() {
        ada()
        val folder = Files.createTempDirectory("passlock-test")
        // Nobody ever writes to it, so opening it waits forever, as it does where a network's disk is gone.
        val pipe = folder.resolve("roots.pem")
        try {
            assertEquals(0, ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
            val environment = mapOf("ENDPOINT" to emulator.endpoint, "SSL_CERT_FILE" to pipe.toString())
            assertEquals("all as expected", inOwnJava("dev.passlock.OpensSlowly", environment = environment).trim())
        } finally {
            folder.toFile().deleteRecursively()
        }
    }

    @Test
    fun `hostile variables of the environment are refused by name, or do nothing`() {
        ada()
        val explicit = mapOf("GIVEN_ENDPOINT" to emulator.endpoint)
        val harmless = mapOf(
            "PASSLOCK_ENDPOINT" to "nonsense", "PASSLOCK_TENANCY_ID" to "..", "PASSLOCK_API_KEY" to "\u00e9\n",
            "HTTP_PROXY" to "http://127.0.0.1:9", "no_proxy" to "", "LC_ALL" to "C", "SSL_CERT_FILE" to "",
        )
        assertEquals("Ada", inOwnJava("dev.passlock.ReadsAdaExplicitly", "-Dfile.encoding=US-ASCII", environment = explicit + harmless).trim())
        val refused = mapOf("PASSLOCK_ENDPOINT" to "nonsense", "PASSLOCK_API_KEY" to "key-canary-\u0001", "HTTPS_PROXY" to "socks5://h:1")
        for ((name, value) in refused) {
            val others = mapOf("PASSLOCK_TENANCY_ID" to "tenancy-1", "PASSLOCK_API_KEY" to KEY, "PASSLOCK_ENDPOINT" to "https://api.example.com")
            val printed = inOwnJava("dev.passlock.PrintsWhyNot", environment = others + (name to value))
            assertTrue(name in printed && "canary" !in printed, printed)
        }
    }

    @Test
    fun `a variable that Java can't read in its locale is refused`() {
        val given = mapOf("PASSLOCK_TENANCY_ID" to "t", "PASSLOCK_API_KEY" to KEY)
        for ((name, value) in mapOf("PASSLOCK_TENANCY_ID" to "ten\\351", "HTTPS_PROXY" to "http://us\\351r:canary@h:1")) {
            // Only on Linux does Java read variables as the locale says.
            if (System.getProperty("os.name") == "Linux") {
                // By a shell, because this Java writes variables as its own locale says.
                val starter = listOf("sh", "-c", "export $name=\"$(printf '$value')\"; exec \"$@\"", "sh")
                val printed = inOwnJava("dev.passlock.PrintsWhyNot", environment = given + ("LC_ALL" to "C"), starter = starter)
                assertEquals("Java can't read the environment variable $name: is its locale a UTF-8 one, such as LC_ALL=C.UTF-8?", printed.trim())
            }
            val half = given + (name to "\uD83D")
            val refused = assertThrows<PasslockException.Config> { PasslockClient { environment(half) } }
            assertTrue("can't read the environment variable $name" in refused.message.orEmpty(), refused.message)
        }
        PasslockClient { environment(given + ("REQUEST_METHOD" to "\uFFFD")) }.close()
        PasslockClient { tenancyId("t").environment(given + ("PASSLOCK_TENANCY_ID" to "\uFFFD")) }.close()
    }
}

/** Reads a user with settings that are all given. */
internal object ReadsAdaExplicitly {
    @JvmStatic
    fun main(args: Array<String>) {
        val options = PasslockOptions.builder().tenancyId("tenancy-1").apiKey(KEY).endpoint(System.getenv("GIVEN_ENDPOINT"))
        PasslockBlockingClient(options.build()).use { println(it.getUser("user-1").givenName) }
    }
}

/** Has many continuations wait for calls that are made in them. */
internal object BlocksInTheCommonPool {
    @JvmStatic
    fun main(args: Array<String>) {
        val options = PasslockOptions.builder().tenancyId("tenancy-1").apiKey(KEY).endpoint(System.getenv("ENDPOINT"))
        PasslockAsyncClient(options.build()).use { client ->
            val users = List(16) {
                client.exchangeToken(System.getenv("TOKEN")).thenApply { client.getUser(it.sub).join() to Thread.currentThread().name }
            }
            for (user in users) {
                val (found, thread) = user.get(20, TimeUnit.SECONDS)
                check(found.givenName == "Ada" && !carriesCalls(thread)) { thread }
            }
        }
        println("all as expected")
    }
}

/** Has the first calls of a process begin in `runBlocking`, more of them than a stack has room for. */
internal object BeginsManyAtOnce {
    @JvmStatic
    fun main(args: Array<String>) {
        val options = PasslockOptions.builder().tenancyId("tenancy-1").apiKey(KEY).endpoint(System.getenv("ENDPOINT"))
        PasslockClient(options.build()).use { client ->
            within { coroutineScope { repeat(2000) { launch { check(client.getUser("user-1").givenName == "Ada") } } } }
        }
        // Where `runBlocking` waits, no other thread has to hand an outcome over.
        check(Thread.getAllStackTraces().keys.none { "handover" in it.name })
        println("all as expected")
    }
}

/** Makes a call while another client is opened, which takes longer than any call. */
internal object OpensSlowly {
    @JvmStatic
    fun main(args: Array<String>) {
        val options = PasslockOptions.builder().tenancyId("tenancy-1").apiKey(KEY)
        val opening = thread(isDaemon = true) { PasslockClient(options.endpoint("https://api.example.com").build()) }
        PasslockAsyncClient(options.endpoint(System.getenv("ENDPOINT")).build()).use { client ->
            // For longer than the thread that carries calls on is away from Kotlin at a time.
            val until = TimeSource.Monotonic.markNow() + 3.seconds
            while (until.hasNotPassedNow()) check(client.getUser("user-1").get(20, TimeUnit.SECONDS).givenName == "Ada")
        }
        check(opening.isAlive)
        println("all as expected")
    }
}

/** Makes a client of the environment, and prints why there is none. */
internal object PrintsWhyNot {
    @JvmStatic
    fun main(args: Array<String>) {
        println(assertThrows<PasslockException.Config> { PasslockClient() }.message)
    }
}
