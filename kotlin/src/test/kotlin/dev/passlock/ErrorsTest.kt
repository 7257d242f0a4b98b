package dev.passlock

import dev.passlock.internal.Bridge
import dev.passlock.internal.ErrorFields
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.ObjectInputStream
import java.io.ObjectOutputStream
import kotlin.reflect.KClass
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.assertThrows

internal class ErrorsTest : EmulatorTest() {
    @Test
    fun `no code is lost on the way`() {
        val native = Bridge.codes()
        val apiKinds = native[1]
        val own = listOf(
            ErrorKind.entries.map { it.code },
            apiKinds,
            Operation.entries.map { it.code },
            Limit.entries.map { it.code },
            Claim.entries.map { it.code },
            Hint.entries.map { it.code },
        )
        assertEquals(native, own)
        val classes = ErrorKind.entries.map { PasslockException.of(ErrorFields(it, "why")) }
        assertEquals(13, classes.map { it::class }.toSet().size)
        assertEquals(apiKinds, classes.filterIsInstance<PasslockException.Api>().map { it.kind.code })
    }

    @Test
    fun `exceptions of the tree can be sent elsewhere`() {
        val bytes = ByteArrayOutputStream()
        val error = PasslockException.of(ErrorFields(ErrorKind.RATE_LIMITED, "why", retryAfter = java.time.Duration.ofSeconds(2), cause = "because"))
        ObjectOutputStream(bytes).use { it.writeObject(error) }
        val copy = ObjectInputStream(ByteArrayInputStream(bytes.toByteArray())).readObject() as PasslockException.RateLimited
        assertEquals(listOf("why", 2.seconds, "because"), listOf(copy.message, copy.retryAfter, copy.cause?.message))
    }

    @Test
    fun `an exception of an application's tests suggests what that of a call does`() {
        val expected = mapOf(
            ErrorKind.CONFIG to 500, ErrorKind.INVALID_INPUT to 400, ErrorKind.UNAUTHORIZED to 500, ErrorKind.FORBIDDEN to 500,
            ErrorKind.NOT_FOUND to 404, ErrorKind.RATE_LIMITED to 503, ErrorKind.BAD_REQUEST to 500, ErrorKind.SERVER to 503,
            ErrorKind.TIMEOUT to 503, ErrorKind.CONNECTION to 503, ErrorKind.PROTOCOL to 500, ErrorKind.CLAIMS to 500,
            ErrorKind.INTERNAL to 500,
        )
        val ofLogin = setOf(ErrorKind.INVALID_INPUT, ErrorKind.NOT_FOUND, ErrorKind.CLAIMS)
        for (kind in ErrorKind.entries) {
            val made = PasslockException(kind, "why")
            assertEquals(PasslockException.of(ErrorFields(kind, "why"))::class, made::class)
            assertEquals(listOf(kind, "why", null), listOf(made.kind, made.message, made.operation))
            assertEquals(expected[kind] to false, made.suggestedStatus to made.isLoginRefused, "$kind")
            val exchanged = PasslockException(kind, "why") { operation(Operation.EXCHANGE_TOKEN) }
            val wanted = if (kind in ofLogin) 401 to true else expected[kind] to false
            assertEquals(wanted, exchanged.suggestedStatus to exchanged.isLoginRefused, "$kind")
        }
        val disabled = PasslockException(ErrorKind.FORBIDDEN, "why") { operation(Operation.EXCHANGE_TOKEN).tag("Disabled") }
        assertEquals(403 to true, disabled.suggestedStatus to disabled.isLoginRefused)
        val elsewhere = PasslockException(ErrorKind.NOT_FOUND, "why") { operation(Operation.EXCHANGE_TOKEN).hint(Hint.WRONG_ENDPOINT) }
        assertEquals(500 to false, elsewhere.suggestedStatus to elsewhere.isLoginRefused)
    }

    @Test
    fun `an exception of an application's tests has every field`() {
        val made = PasslockException(ErrorKind.TIMEOUT, "why") {
            operation(Operation.UPDATE_USER).status(504).tag("Slow").detail("more").requestId("request-7").retryAfter(3.seconds)
            attempts(2).retryable(true).limit(Limit.TIMEOUT).claim(Claim.EXP).hint(Hint.WRONG_ENDPOINT).applied(true).cause("because")
        }
        val fields = ErrorFields(
            ErrorKind.TIMEOUT, "why", Operation.UPDATE_USER, 504, "Slow", "more", "request-7", java.time.Duration.ofSeconds(3), 2,
            true, Limit.TIMEOUT, Claim.EXP, Hint.WRONG_ENDPOINT, true, "because", 503, false,
        )
        assertEquals(described(PasslockException.of(fields)), described(made))
    }

    /** All that an exception says of itself. */
    private fun described(error: PasslockException): Map<String, Any?> =
        PasslockException::class.java.methods.filter { it.declaringClass != Any::class.java && it.parameterCount == 0 }
            .filter { it.name.startsWith("get") || it.name.startsWith("is") }
            .filterNot { it.name in listOf("getStackTrace", "getSuppressed") }
            .associate { it.name to it.invoke(error).toString() }

    @Test
    fun `a substitute fails as a client does`() {
        val ofClient = fails<PasslockException.NotFound> { withClient { it.exchangeToken("unknown") } }
        val ofSubstitute = fails<PasslockException.NotFound> { Expired.exchangeToken("unknown") }
        fun PasslockException.seen() = listOf(kind, operation, suggestedStatus, isLoginRefused)
        assertEquals(ofClient.seen(), ofSubstitute.seen())
        assertEquals(listOf(ErrorKind.NOT_FOUND, Operation.EXCHANGE_TOKEN, 401, true), ofSubstitute.seen())
        assertEquals(listOf("Ada", "Ada"), within { listOf(Expired.getUser("u"), Expired.updateUser("u", UserUpdate("Ada"))) }.map { it.givenName })
    }

    @Test
    fun `the README's substitute is this one`() = assertEquals(tested("Expired.kt"), shown("object Expired"))

    @TestFactory
    fun `every status has its exception`(): List<DynamicTest> {
        val expected: List<Pair<Int, KClass<out PasslockException>>> = listOf(
            401 to PasslockException.Unauthorized::class,
            403 to PasslockException.Forbidden::class,
            404 to PasslockException.NotFound::class,
            429 to PasslockException.RateLimited::class,
            400 to PasslockException.BadRequest::class,
            418 to PasslockException.BadRequest::class,
            500 to PasslockException.Server::class,
            503 to PasslockException.Server::class,
            302 to PasslockException.Protocol::class,
        )
        return expected.map { (status, type) ->
            DynamicTest.dynamicTest("$status") {
                emulator.reset()
                val answer = """{"_tag":"Odd","message":"m","detail":"more"}"""
                val headers = mapOf("x-request-id" to "request-7", "retry-after" to "3")
                emulator.fault("status", mapOf("status" to status, "body" to answer, "headers" to headers))
                val error = fails<PasslockException> { withClient { it.getUser("user-1") } }
                assertEquals(type, error::class)
                assertEquals(status, error.status)
                assertEquals(Operation.GET_USER, error.operation)
                assertEquals("request-7", error.requestId)
                assertEquals(1, error.attempts)
                if (error is PasslockException.Api) assertEquals("Odd" to "more", error.tag to error.detail)
                if (status == 429 || status == 503) {
                    assertEquals(3.seconds, error.retryAfter)
                    assertEquals(java.time.Duration.ofSeconds(3), error.getRetryAfterDuration())
                    assertTrue(error.isRetryable)
                }
            }
        }
    }

    @TestFactory
    fun `every fault has its exception`(): List<DynamicTest> {
        val timeout = PasslockException.Timeout::class
        val connection = PasslockException.Connection::class
        val protocol = PasslockException.Protocol::class
        val expected: List<Triple<String, Map<String, Any>, KClass<out PasslockException>?>> = listOf(
            Triple("delay", mapOf("millis" to 100), null),
            Triple("hang", emptyMap(), timeout),
            Triple("stall", emptyMap(), timeout),
            Triple("stallHead", emptyMap(), timeout),
            Triple("drip", mapOf("millisPerByte" to 50), timeout),
            Triple("reset", emptyMap(), connection),
            Triple("resetAfterHead", emptyMap(), connection),
            Triple("truncate", emptyMap(), connection),
            Triple("garbage", emptyMap(), protocol),
            Triple("endless", emptyMap(), protocol),
            Triple("endlessHead", emptyMap(), protocol),
            Triple("closeIdle", emptyMap(), null),
            Triple("redirect", mapOf("location" to "http://other.test/"), protocol),
        )
        return expected.map { (fault, fields, type) ->
            DynamicTest.dynamicTest(fault) {
                emulator.reset()
                ada()
                emulator.fault(fault, fields)
                // Without a retry every fault is seen; one that may pass unnoticed needs retries to do so.
                withClient({ attemptTimeout(500.milliseconds).maxRetries(if (type == null) 2 else 0) }) { client ->
                    if (type == null) {
                        assertEquals("Ada", client.getUser("user-1").givenName)
                    } else {
                        val error = fails<PasslockException> { client.getUser("user-1") }
                        assertEquals(type, error::class, error.toString())
                        if (error is PasslockException.Timeout) assertEquals(Limit.ATTEMPT_TIMEOUT, error.limit)
                    }
                    // Whatever went wrong, the client goes on.
                    assertEquals("Ada", client.getUser("user-1").givenName)
                }
            }
        }
    }

    @Test
    fun `refused connections say so and keep the cause`() {
        val error = fails<PasslockException.Connection> {
            withClient({ endpoint("http://127.0.0.1:1").maxRetries(1) }) { it.getUser("user-1") }
        }
        assertEquals(2, error.attempts)
        assertTrue(error.isRetryable)
        assertTrue(error.cause?.message.orEmpty().contains("refused"), "${error.cause?.message}")
    }

    @Test
    fun `a gateway's 404 hints at the endpoint`() {
        emulator.fault("status", mapOf("status" to 404, "body" to """{"message":"Not Found"}"""))
        val error = fails<PasslockException.NotFound> { withClient { it.getUser("u") } }
        assertEquals(Hint.WRONG_ENDPOINT, error.hint)
        assertEquals(PasslockOptions.V1_ENDPOINT, Regex("https://[a-z0-9.-]+").find(error.message.orEmpty())?.value)
        client { endpoint(PasslockOptions.V1_ENDPOINT) }.close()
    }

    @Test
    fun `an update that was accepted says so when reading back fails`() {
        ada()
        emulator.configure(patchAnswer = "empty")
        emulator.fault("status", mapOf("status" to 500), operation = Operation.GET_USER)
        val error = fails<PasslockException.Server> { withClient { it.updateUser("user-1", UserUpdate("Augusta")) } }
        assertTrue(error.isApplied)
        assertEquals(2, error.attempts)
    }

    @Test
    fun `settings are checked when the client is made`() {
        val wrong: List<Pair<String, PasslockOptions.Builder.() -> Unit>> = listOf(
            "timeout" to { timeout(Duration.ZERO) },
            "timeout" to { timeout(Duration.INFINITE) },
            "timeout" to { timeout(java.time.Duration.ofSeconds(-1)) },
            "attemptTimeout" to { attemptTimeout((-1).seconds) },
            "connectTimeout" to { connectTimeout(java.time.Duration.ofHours(2)) },
            "leeway" to { leeway((-1).seconds) },
            "maxRetries" to { maxRetries(11) },
            "maxRetries" to { maxRetries(-1) },
            "maxResponseBytes" to { maxResponseBytes(0) },
            "maxResponseBytes" to { maxResponseBytes(Long.MAX_VALUE) },
            "endpoint" to { endpoint("ftp://example.com") },
            "endpoint" to { endpoint("http://example.com") },
            "proxy" to { proxy("socks5://127.0.0.1:1") },
            "tenancyId" to { tenancyId("..") },
            "apiKey" to { apiKey("a\u0000b") },
            "caCertificates" to { caCertificates("nonsense".toByteArray()) },
        )
        for ((name, configure) in wrong) {
            val error = assertThrows<PasslockException.Config>(name) { client(configure) }
            // As it is written here.
            assertTrue(error.message.orEmpty().startsWith("$name "), "$name: ${error.message}")
        }
        val missing = assertThrows<PasslockException.Config> { PasslockClient { environment(emptyMap()) } }
        assertTrue("PASSLOCK_TENANCY_ID" in missing.message.orEmpty(), missing.message)
    }

    @Test
    fun `the environment stands behind what is given`() {
        ada()
        val variables = mapOf(
            "PASSLOCK_TENANCY_ID" to emulator.tenancyId,
            "PASSLOCK_API_KEY" to "${emulator.apiKey}\n",
            "PASSLOCK_ENDPOINT" to emulator.endpoint,
        )
        PasslockClient { environment(variables) }.use { assertEquals("Ada", within { it.getUser("user-1") }.givenName) }
        val printed = inOwnJava("dev.passlock.ReadsAda", environment = variables)
        assertTrue("Ada" in printed, printed)
    }

    @Test
    fun `half a surrogate pair is refused`() {
        val half = "a\uD83D"
        withClient { client ->
            val refused = listOf(
                "token" to fails<PasslockException.InvalidInput> { client.exchangeToken(half) },
                "sub" to fails<PasslockException.InvalidInput> { client.getUser("\uDE00\uD83D") },
                "sub" to fails<PasslockException.InvalidInput> { client.updateUser(half, UserUpdate("Ada")) },
                "givenName" to fails<PasslockException.InvalidInput> { client.updateUser("u", UserUpdate(half)) },
                "familyName" to fails<PasslockException.InvalidInput> { client.updateUser("u", UserUpdate(null, half)) },
                "issuer" to fails<PasslockException.Config> { client.exchangeToken("t", CallOptions { issuer(half) }) },
            )
            for ((name, error) in refused) {
                assertTrue(error.message.orEmpty().startsWith("$name "), error.message)
                assertNotNull(error.operation)
                // As the core says of what it refuses itself: a token is the browser's, a setting is not.
                val expected = if (error is PasslockException.Config) 500 else if (name == "token") 401 else 400
                assertEquals(expected to (expected == 401), error.suggestedStatus to error.isLoginRefused, name)
            }
        }
        val error = assertThrows<PasslockException.Config> { client { tenancyId(half) } }
        assertTrue("tenancyId" in error.message.orEmpty())
        assertTrue(emulator.journal().isEmpty())
    }

    @Test
    fun `an invalid token is refused before it is sent`() {
        withClient { client ->
            for (token in listOf("", ".", "..", "a\nb", "x".repeat(4097))) {
                val error = fails<PasslockException.InvalidInput> { client.exchangeToken(token) }
                assertEquals(Operation.EXCHANGE_TOKEN, error.operation)
                assertFalse(error.isRetryable)
            }
        }
        assertTrue(emulator.journal().isEmpty())
    }
}

/** Reads a user with only the settings of the environment. */
internal object ReadsAda {
    @JvmStatic
    fun main(args: Array<String>) {
        PasslockClient().use { println(within { it.getUser("user-1") }.givenName) }
    }
}
