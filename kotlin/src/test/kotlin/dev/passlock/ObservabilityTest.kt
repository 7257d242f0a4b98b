package dev.passlock

import dev.passlock.internal.Request
import dev.passlock.internal.await
import dev.passlock.internal.block
import dev.passlock.internal.future
import dev.passlock.internal.open
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.assertThrows

/** What an application may learn of its calls. Spans are in `TelemetryTest`. */
internal class ObservabilityTest : EmulatorTest() {
    /** What a listener was told, and on which thread. */
    private class Told : CallListener {
        val reports = ConcurrentLinkedQueue<CallReport>()
        val threads = ConcurrentLinkedQueue<String>()

        override fun callEnded(report: CallReport) {
            threads += Thread.currentThread().name
            reports += report
        }

        /** The only report, which may still be on its way. */
        fun only(): CallReport {
            eventually { reports.isNotEmpty() }
            return reports.single()
        }
    }

    private fun options(listener: CallListener? = null, retries: Int = 0): PasslockOptions =
        emulator.options().maxRetries(retries).apply { listener?.let(::listener) }.build()

    @TestFactory
    fun `a call says how it went, beside its value`() = Way.each { way ->
        emulator.reset()
        val ada = ada()
        way.open(options(retries = 1)).use { client ->
            val (user, info) = client.getUserWithInfo("user-1")
            assertEquals(ada to listOf(1, 200), user to listOf(info.attempts, info.status))
            emulator.fault("status", mapOf("status" to 503))
            val (principal, second) = client.exchangeTokenWithInfo(emulator.issueToken("user-1"))
            assertEquals("user-1" to listOf(2, 200), principal.sub to listOf(second.attempts, second.status))
            assertTrue(second.requestId!!.isNotEmpty() && second.requestId != info.requestId, "$second")
            assertTrue(second.elapsed > Duration.ZERO && second.elapsed < 20.seconds, "$second")
            val (changed, third) = client.updateUserWithInfo("user-1", UserUpdate(givenName = "Augusta"))
            assertEquals("Augusta" to 200, changed.givenName to third.status)
            assertEquals(404, assertThrows<PasslockException.NotFound> { client.getUserWithInfo("user-2") }.status)
        }
    }

    @TestFactory
    fun `a connection is opened ahead`() = Way.each { way ->
        emulator.reset()
        ada()
        way.open(options()).use { client ->
            client.warmUp()
            client.getUser("user-1")
            val (first, second) = emulator.journal()
            assertEquals("/tenancy-1/connection/pre-connect" to null, first.path to first.headers["authorization"])
            assertEquals("/tenancy-1/user/user-1", second.path)
        }
        way.open(emulator.options().endpoint("http://127.0.0.1:1").maxRetries(0).build()).use { client ->
            val error = assertThrows<PasslockException.Connection> { client.warmUp(CallOptions { timeout(5.seconds) }) }
            assertNull(error.operation)
        }
    }

    @Test
    fun `a call that gives nothing gives its details where they are asked for`() {
        val calls = open(options())
        val request = Request.warmUp(CallOptions.NONE.settings)
        try {
            val future = calls.future<Any>(executor = null, request, withInfo = true)
            val given = listOf(
                within { calls.await(request, withInfo = true) },
                calls.block(request, withInfo = true),
                future.get(20, TimeUnit.SECONDS),
            )
            for (info in given) assertEquals(1, (info as CallInfo).attempts)
            assertNull(calls.future<Any>(executor = null, request).get(20, TimeUnit.SECONDS))
        } finally {
            calls.close()
        }
    }

    @TestFactory
    fun `a listener is told of each attempt of a call`() = Way.each { way ->
        emulator.reset()
        ada()
        val told = Told()
        way.open(options(told, retries = 1)).use { client ->
            emulator.fault("status", mapOf("status" to 503))
            assertEquals("Ada" to 2, client.getUserWithInfo("user-1").let { (user, info) -> user.givenName to info.attempts })
        }
        val report = told.only()
        assertEquals(listOf("get_user", null, "127.0.0.1"), report.run { listOf(operation, errorType, serverAddress) })
        assertEquals(emulator.endpoint.substringAfterLast(':').toInt(), report.serverPort)
        assertEquals(listOf(2, 200), report.info.run { listOf(attempts, status) })
        val (first, second) = report.attempts
        assertEquals(2, report.attempts.size)
        assertEquals(listOf("GET", "/{tenancyId}/user/{sub}", 503, "503", 0), first.run { listOf(method, route, status, errorType, resendCount) })
        assertEquals(listOf(200, null, null, 1), second.run { listOf(status, errorType, wait, resendCount) })
        assertEquals(report.info.requestId, second.requestId)
        val times = listOf(Duration.ZERO, first.begun, first.ended, first.ended + first.wait!!, second.begun, second.ended, report.info.elapsed)
        assertEquals(times.sorted(), times)
        assertTrue(first.wait!! > Duration.ZERO)
        assertEquals(report.begun.plusNanos(second.ended.inWholeNanoseconds), report.attemptSpans[1].end)
    }

    @TestFactory
    fun `a listener is told of calls that fail`() = Way.each { way ->
        emulator.reset()
        val told = Told()
        way.open(options(told)).use { client ->
            assertThrows<PasslockException.NotFound> { client.getUser("user-1") }
            assertThrows<PasslockException.InvalidInput> { client.exchangeToken("") }
            assertThrows<PasslockException.InvalidInput> { client.exchangeToken("\uD83D") }
            assertThrows<PasslockException.Config> { client.getUser("user-1", CallOptions { maxRetries(11) }) }
            client.warmUp()
            client.close()
            assertThrows<PasslockException.Config> { client.getUser("user-1") }
        }
        val seen = told.reports.map { listOf(it.operation, it.errorType, it.info.attempts, it.attempts.size, it.serverAddress) }
        val expected = listOf(
            listOf("get_user", "not_found", 1, 1, "127.0.0.1"),
            listOf("exchange_token", "invalid_input", 0, 0, null),
            listOf("exchange_token", "invalid_input", 0, 0, null),
            listOf("get_user", "config", 0, 0, null),
            listOf("warm_up", null, 1, 1, "127.0.0.1"),
            listOf("get_user", "config", 0, 0, null),
        )
        assertEquals(expected, seen)
    }

    @TestFactory
    fun `a listener is told of a call that is ended early`(): List<DynamicTest> {
        val ends: Map<Way, (PasslockOptions) -> Unit> = mapOf(
            Way.SUSPENDING to { options ->
                PasslockClient(options).use { client ->
                    runBlocking {
                        val call = launch(Dispatchers.Default) { client.getUser("user-1") }
                        withContext(Dispatchers.IO) { eventually { emulator.journal().size == 1 } }
                        call.cancelAndJoin()
                    }
                }
            },
            Way.BLOCKING to { options ->
                PasslockBlockingClient(options).use { client ->
                    val caller = thread { runCatching { client.getUser("user-1") } }
                    eventually { emulator.journal().size == 1 }
                    caller.interrupt()
                    caller.join(20_000)
                }
            },
            Way.FUTURES to { options ->
                PasslockAsyncClient(options).use { client ->
                    val call = client.getUser("user-1")
                    eventually { emulator.journal().size == 1 }
                    call.cancel(true)
                }
            },
        )
        return Way.each { way ->
            emulator.reset()
            emulator.fault("hang")
            val told = Told()
            ends.getValue(way)(options(told))
            val report = told.only()
            assertEquals(listOf("get_user", "cancelled", 0), report.run { listOf(operation, errorType, attempts.size) })
            assertTrue(report.info.elapsed > Duration.ZERO)
            assertEquals("clientClosed", endOfOnlyRequest().outcome)
        }
    }

    @Test
    fun `a listener is told once, at whatever moment a call is ended`() {
        ada()
        val told = Told()
        PasslockAsyncClient(options(told)).use { client ->
            val calls = List(300) { at ->
                val call = client.getUser("user-1")
                if (at % 3 > 0) thread { Thread.sleep(0, 3_000 * at); call.cancel(true) }
                call
            }
            calls.forEach { runCatching { it.get(20, TimeUnit.SECONDS) } }
            eventually { told.reports.size >= calls.size }
            Thread.sleep(100)
            assertEquals(calls.size, told.reports.size)
            val succeeded = calls.count { !it.isCompletedExceptionally }
            assertTrue(told.reports.count { it.errorType == null } >= succeeded, "a call that succeeded is told as another")
        }
        assertFalse(told.threads.any(::carriesCalls), "it ran on the thread that carries calls on")
    }

    @Test
    fun `a listener runs where the caller's code goes on`() {
        ada()
        val executor = Executors.newSingleThreadExecutor { Thread(it, "the application's") }
        try {
            fun told(work: (PasslockOptions) -> Unit) = Told().also {
                emulator.fault("delay", mapOf("millis" to 200))
                work(options(it))
            }.threads.single().substringBefore(" @")
            assertEquals("the application's", told { options ->
                PasslockClient(options).use { runBlocking(executor.asCoroutineDispatcher()) { it.getUser("user-1") } }
            })
            assertEquals("the application's", told { options ->
                PasslockAsyncClient(options, executor).use { it.getUser("user-1").get(20, TimeUnit.SECONDS) }
            })
            assertEquals(Thread.currentThread().name, told { options -> PasslockBlockingClient(options).use { it.getUser("user-1") } })
            // Its outcome is there at once, which is no reason to hold up whoever makes the call.
            assertEquals("the application's", told { options ->
                PasslockAsyncClient(options, executor).use {
                    assertThrows<ExecutionException> { it.getUser("..").get(20, TimeUnit.SECONDS) }
                }
            })
            assertEquals("the application's", told { options ->
                val client = PasslockAsyncClient(options, executor).apply { close() }
                assertThrows<ExecutionException> { client.getUser("user-1").get(20, TimeUnit.SECONDS) }
            })
        } finally {
            executor.shutdown()
            emulator.reset()
        }
    }

    @TestFactory
    fun `a listener that blocks holds up no other call`() = Way.each { way ->
        emulator.reset()
        ada()
        val goOn = CountDownLatch(1)
        val blocked = CountDownLatch(4)
        val blocks = CallListener {
            blocked.countDown()
            goOn.await(20, TimeUnit.SECONDS)
        }
        way.open(options(blocks)).use { client ->
            val callers = List(4) { thread { client.getUser("user-1") } }
            assertTrue(blocked.await(10, TimeUnit.SECONDS))
            // All kinds of client have one thread that carries calls on.
            for (other in Way.entries) other.open(options()).use { assertEquals("Ada", it.getUser("user-1").givenName) }
            assertTrue(callers.all { it.isAlive }, "a call did not wait for its listener")
            goOn.countDown()
            callers.forEach { it.join(20_000) }
        }
    }

    @Test
    fun `listeners that block hold up no future of a common pool of two threads`() {
        ada()
        val flag = "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2"
        val printed = inOwnJava("dev.passlock.ListenersBlock", flag, environment = mapOf("ENDPOINT" to emulator.endpoint))
        assertEquals("all as expected", printed.trim())
    }

    @TestFactory
    fun `a listener that throws is logged, and changes nothing`(): List<DynamicTest> {
        val mistakes = listOf(
            CallListener { throw IllegalStateException("a mistake") },
            CallListener { throw NoClassDefFoundError("a/mistake") },
            object : CallListener {
                override fun callBegun() = throw IllegalStateException("a mistake")
                override fun callEnded(report: CallReport) = error("nobody listens")
            },
        )
        return Way.each { way ->
            for (mistake in mistakes) {
                emulator.reset()
                val logged = logged {
                    way.open(options(mistake)).use { client ->
                        assertThrows<PasslockException.NotFound> { client.getUser("user-1") }
                        ada()
                        assertEquals("Ada", client.getUserWithInfo("user-1").value.givenName)
                    }
                }
                assertEquals(listOf("mistake", "mistake"), logged.map { it.message.orEmpty().takeLast(7) })
            }
        }
    }

    /** What a listener throws, where the application has its logs. */
    private fun logged(work: () -> Unit): List<Throwable> {
        val thrown = ConcurrentLinkedQueue<Throwable>()
        val handler = object : java.util.logging.Handler() {
            override fun publish(record: java.util.logging.LogRecord) { record.thrown?.let(thrown::add) }
            override fun flush() = Unit
            override fun close() = Unit
        }
        val logger = java.util.logging.Logger.getLogger("dev.passlock")
        logger.useParentHandlers = false
        logger.addHandler(handler)
        try {
            work()
        } finally {
            logger.removeHandler(handler)
            logger.useParentHandlers = true
        }
        return thrown.toList()
    }

    @Test
    fun `no report holds a secret, or anything of a user`() {
        val told = Told()
        val options = emulator.options().headers(mapOf("x-gateway-key" to "header-canary")).maxRetries(0).listener(told).build()
        val sub = emulator.addUser("canary@example.com", sub = "sub-canary").sub
        PasslockBlockingClient(options).use { client ->
            client.exchangeToken(emulator.issueToken(sub))
            client.updateUser(sub, UserUpdate("canary"))
            assertThrows<PasslockException> { client.exchangeToken("token-canary") }
        }
        val tokens = emulator.journal().map { it.path.substringAfterLast('/') } + "canary" + KEY
        val texts = told.reports.map { "$it ${it.span} ${it.attemptSpans}" }
        assertEquals(3, texts.size)
        for (text in texts) assertFalse(tokens.any { it in text }, text)
        assertEquals("header-canary", emulator.journal().first().headers["x-gateway-key"])
    }

    @Test
    fun `what stands in for a client needs the operations alone`() {
        val client = object : PasslockOperations {
            override suspend fun exchangeToken(token: String, options: CallOptions) = principal(sub = token)
            override suspend fun getUser(sub: String, options: CallOptions) = User(sub, "$sub@example.com")
            override suspend fun updateUser(sub: String, update: UserUpdate, options: CallOptions) = User(sub, "a@example.com")
        }
        within {
            client.warmUp()
            val (user, info) = client.getUserWithInfo("user-1")
            assertEquals("user-1" to 0, user.sub to info.attempts)
            assertEquals("user-2", client.exchangeTokenWithInfo("user-2").value.sub)
            assertEquals("user-3", client.updateUserWithInfo("user-3", UserUpdate("Ada")).value.sub)
        }
    }
}

/** Has more listeners of futures block than the common pool has threads, and makes calls beside them. */
internal object ListenersBlock {
    @JvmStatic
    fun main(args: Array<String>) {
        val goOn = CountDownLatch(1)
        val blocked = CountDownLatch(8)
        val options = PasslockOptions.builder().tenancyId("tenancy-1").apiKey(KEY).endpoint(System.getenv("ENDPOINT"))
        val others = PasslockAsyncClient(options.build())
        val client = PasslockAsyncClient(
            options.listener {
                blocked.countDown()
                goOn.await()
            }.build(),
        )
        val calls = List(8) { client.getUser("user-1") }
        check(blocked.await(20, TimeUnit.SECONDS)) { "a listener waits for another" }
        check(others.getUser("user-1").get(20, TimeUnit.SECONDS).givenName == "Ada")
        goOn.countDown()
        calls.forEach { check(it.get(20, TimeUnit.SECONDS).givenName == "Ada") }
        listOf(client, others).forEach { it.close() }
        println("all as expected")
    }
}
