package dev.passlock

import dev.passlock.internal.Bridge
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.coroutines.Continuation
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.startCoroutine
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Cancelling, closing, and use from many places at once. */
internal class LifetimeTest : EmulatorTest() {
    /** Longer than any test waits: what ends is not ended by a limit. */
    private val patient: PasslockOptions.Builder.() -> Unit = { timeout(300.seconds).attemptTimeout(300.seconds) }

    @Test
    fun `cancelling a coroutine ends its request`() = withClient(patient) { client ->
        emulator.fault("hang")
        coroutineScope {
            val call = launch(Dispatchers.Default) { client.getUser("user-1") }
            eventually { emulator.journal().size == 1 }
            call.cancelAndJoin()
            assertTrue(call.isCancelled)
        }
        assertEquals("clientClosed", endOfOnlyRequest().outcome)
        assertEquals("Ada", ada().let { client.getUser(it.sub) }.givenName)
    }

    @Test
    fun `a time limit of the caller's ends the request`() {
        emulator.fault("hang")
        withClient(patient) { client ->
            fails<TimeoutCancellationException> { withTimeout(2.seconds) { client.exchangeToken("token") } }
            assertEquals("clientClosed", endOfOnlyRequest().outcome)
        }
    }

    @Test
    fun `a failing sibling ends the request`() = withClient(patient) { client ->
        emulator.fault("hang")
        fails<IllegalStateException> {
            coroutineScope {
                launch { client.getUser("user-1") }
                launch(Dispatchers.Default) {
                    eventually { emulator.journal().size == 1 }
                    error("the sibling")
                }
            }
        }
        assertEquals("clientClosed", endOfOnlyRequest().outcome)
    }

    @Test
    fun `cancelling a future ends its request`() {
        emulator.fault("hang")
        PasslockAsyncClient(emulator.options().apply(patient).build()).use { client ->
            val future: CompletableFuture<User> = client.getUser("user-1")
            eventually { emulator.journal().size == 1 }
            assertTrue(future.cancel(true))
            assertThrows<CancellationException> { future.join() }
            assertEquals("clientClosed", endOfOnlyRequest().outcome)
        }
    }

    @Test
    fun `a future that times out ends its request`() {
        emulator.fault("hang")
        PasslockAsyncClient(emulator.options().apply(patient).build()).use { client ->
            val future = client.getUser("user-1").orTimeout(1, TimeUnit.SECONDS)
            assertTrue(assertThrows<ExecutionException> { future.get(20, TimeUnit.SECONDS) }.cause is TimeoutException)
            assertEquals("clientClosed", endOfOnlyRequest().outcome)
        }
    }

    @Test
    fun `interrupting a thread ends its request`() {
        emulator.fault("hang")
        PasslockBlockingClient(emulator.options().apply(patient).build()).use { client ->
            val ended = CompletableFuture<Pair<Throwable, Boolean>>()
            val caller = thread {
                try {
                    client.getUser("user-1")
                } catch (error: Throwable) {
                    ended.complete(error to Thread.currentThread().isInterrupted)
                }
            }
            eventually { emulator.journal().size == 1 }
            caller.interrupt()
            val (error, interrupted) = ended.get(20, TimeUnit.SECONDS)
            assertTrue(error is CancellationException && interrupted, "$error, $interrupted")
            assertEquals("clientClosed", endOfOnlyRequest().outcome)
        }
    }

    @Test
    fun `a thread that is interrupted already sends nothing`() {
        PasslockBlockingClient(emulator.options().build()).use { client ->
            Thread.currentThread().interrupt()
            try {
                assertThrows<CancellationException> { client.getUser("user-1") }
            } finally {
                assertTrue(Thread.interrupted())
            }
        }
        assertTrue(emulator.journal().isEmpty())
    }

    @Test
    fun `threads that wait share a client`() = PasslockBlockingClient(emulator.options().build()).use { client ->
        ada()
        val right = AtomicInteger()
        val threads = List(16) { thread { repeat(25) { if (client.getUser("user-1").givenName == "Ada") right.incrementAndGet() } } }
        threads.forEach { it.join() }
        assertEquals(400, right.get())
        eventually { Bridge.callsInFlight() == 0 }
    }

    @Test
    fun `what is cancelled before it begins sends nothing`() = withClient { client ->
        ada()
        // There is a connection now, on which a request would be sent at once.
        client.getUser("user-1")
        repeat(100) {
            coroutineScope {
                launch(start = CoroutineStart.UNDISPATCHED) {
                    coroutineContext.cancel()
                    client.getUser("user-1")
                }.join()
            }
        }
        client.getUser("user-1")
        assertEquals(2, emulator.journal().size)
    }

    @Test
    fun `a call that is cancelled while it begins is ended`() {
        emulator.fault("hang")
        lateinit var caller: Job
        val cancels = object : CallListener {
            override fun callBegun() = also { caller.cancel() }
            override fun callEnded(report: CallReport) = Unit
        }
        val client = client { patient(); listener(cancels) }
        within {
            coroutineScope {
                caller = launch(Dispatchers.Default, CoroutineStart.LAZY) { client.getUser("user-1") }
                caller.join()
            }
            // Its request, if there ever is one, is there by then.
            delay(300.milliseconds)
        }
        eventually { emulator.journal().none { it.outcome == "pending" } }
        client.close()
    }

    @Test
    fun `calls that are cancelled at any moment leave nothing under way`() = withClient(patient) { client ->
        ada()
        coroutineScope {
            repeat(500) { number ->
                val call = launch(Dispatchers.Default) { client.getUser("user-1") }
                launch(Dispatchers.Default) {
                    // From before it begins to after it has ended.
                    delay((number * 10).microseconds)
                    call.cancel()
                }
            }
        }
        eventually { Bridge.callsInFlight() == 0 }
        eventually { emulator.journal().none { it.outcome == "pending" } }
        assertEquals("Ada", client.getUser("user-1").givenName)
    }

    @Test
    fun `64 calls at once`() = withClient { client ->
        ada()
        emulator.fault("delay", mapOf("millis" to 1500), times = 64)
        val names = coroutineScope { List(64) { async { client.getUser("user-1").givenName } }.awaitAll() }
        assertEquals(List(64) { "Ada" }, names)
        // They were under way together, each on a connection of its own.
        assertEquals(64, emulator.journal().map { it.connection }.toSet().size)
    }

    @Test
    fun `many threads share a client, and connections are used again`() = client().use { client ->
        ada()
        val right = AtomicInteger()
        val threads = List(16) {
            thread { repeat(25) { if (within { client.getUser("user-1") }.givenName == "Ada") right.incrementAndGet() } }
        }
        threads.forEach { it.join() }
        assertEquals(400, right.get())
        // A thread's next call may come before its last connection is back in the pool, so there may be some more than threads.
        assertTrue(emulator.journal().map { it.connection }.toSet().size < 100)
    }

    @Test
    fun `the caller's code never runs on the library's threads`() {
        ada()
        withClient { client ->
            val jobs = List(8) {
                @OptIn(DelicateCoroutinesApi::class)
                GlobalScope.async(Dispatchers.Unconfined) {
                    client.getUser("user-1")
                    Thread.currentThread().name
                }
            }
            jobs.awaitAll().forEach { assertFalse(carriesCalls(it), it) }
        }
    }

    @Test
    fun `a coroutine without a dispatcher works`() = client().use { client ->
        ada()
        val result = CompletableFuture<Pair<User, String>>()
        suspend { client.getUser("user-1") to Thread.currentThread().name }.startCoroutine(
            Continuation(EmptyCoroutineContext) { it.fold(result::complete, result::completeExceptionally) },
        )
        val (user, where) = result.get(20, TimeUnit.SECONDS)
        assertEquals("Ada", user.givenName)
        assertFalse(carriesCalls(where), where)
    }

    @Test
    fun `closing lets calls in flight finish and refuses later ones`() = client().let { client ->
        ada()
        emulator.fault("delay", mapOf("millis" to 500))
        within {
            coroutineScope {
                val call = async(Dispatchers.Default) { client.getUser("user-1") }
                eventually { emulator.journal().size == 1 }
                client.close()
                client.close()
                val error = fails<PasslockException.Config> { client.getUser("user-1") }
                assertEquals("client is closed", error.message)
                assertEquals("Ada", call.await().givenName)
            }
        }
    }

    @Test
    fun `closing frees sockets`() = Peer().use { peer ->
        val client = client { endpoint(peer.endpoint) }
        fails<PasslockException.NotFound> { client.getUser("user-1") }
        client.close()
        assertTrue(peer.ended.await(5, TimeUnit.SECONDS), "the connection is still open")
    }

    @Test
    fun `a client that is forgotten frees its sockets`() = Peer().use { peer ->
        forget(peer)
        // When the collector runs is its own affair: it is asked again and again.
        eventually(20.seconds) {
            System.gc()
            peer.ended.await(100, TimeUnit.MILLISECONDS)
        }
    }

    private fun forget(peer: Peer) {
        val client = client { endpoint(peer.endpoint) }
        fails<PasslockException.NotFound> { client.getUser("user-1") }
    }

    @Test
    fun `a program ends by itself, with clients open and calls in flight`() {
        emulator.fault("hang")
        assertEquals("called", inOwnJava("dev.passlock.Leaves", environment = mapOf("ENDPOINT" to emulator.endpoint)).trim())
        assertEquals(1, emulator.journal().size)
    }

    /** A server that keeps its one connection open after its one answer, and sees when the client closes it. */
    private class Peer : AutoCloseable {
        private val server = ServerSocket(0, 1, InetAddress.getLoopbackAddress())
        val endpoint = "http://127.0.0.1:${server.localPort}"
        val ended = CountDownLatch(1)

        init {
            thread(isDaemon = true) { server.accept().use(::serve) }
        }

        private fun serve(socket: Socket) {
            val input = socket.getInputStream().bufferedReader()
            while (input.readLine().isNotEmpty()) continue
            socket.getOutputStream().write("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}".toByteArray())
            while (input.read() >= 0) continue
            ended.countDown()
        }

        override fun close() = server.close()
    }
}
