package dev.passlock

import java.io.PrintWriter
import java.io.StringWriter
import kotlin.time.Duration.Companion.milliseconds
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** No text that anybody may be shown contains a secret. */
internal class SecretsTest : EmulatorTest() {
    private val token = "token-canary-0123456789"

    @Test
    fun `no exception holds a secret`() {
        val faults: List<Pair<String, Map<String, Any>>> = listOf(
            "hang" to emptyMap(),
            "reset" to emptyMap(),
            "garbage" to emptyMap(),
            "truncate" to emptyMap(),
            "status" to mapOf("status" to 401),
            "status" to mapOf("status" to 500, "body" to "<html>"),
            "redirect" to mapOf("location" to "http://other.test/"),
        )
        withClient({ attemptTimeout(300.milliseconds) }) { client ->
            hidden(fails<PasslockException.NotFound> { client.exchangeToken(token) })
            for ((kind, fields) in faults) {
                emulator.fault(kind, fields)
                hidden(fails<PasslockException> { client.exchangeToken(token) })
            }
            hidden(fails<PasslockException.InvalidInput> { client.exchangeToken("$token\n") })
            hidden(fails<PasslockException.InvalidInput> { client.exchangeToken("$token\uD83D") })
        }
        hidden(assertThrows<PasslockException.Config> { client { apiKey("$KEY \u0000") } })
        hidden(assertThrows<PasslockException.Config> { client { proxy("socks5://user:proxy-canary@127.0.0.1:1") } })
        hidden(assertThrows<PasslockException.Config> { client { proxy("http://user:proxy-canary@") } })
        hidden(assertThrows<PasslockException.Config> { client { apiKey("$KEY\uD83D") } })
        hidden(assertThrows<PasslockException.Config> { client { headers(mapOf("x-gateway-key" to "header-canary\uD83D")) } })
        hidden(assertThrows<PasslockException.Config> { client { headers(mapOf("x-gateway-key" to "header-canary\n")) } })
    }

    @Test
    fun `no description holds a secret`() {
        val options = emulator.options().proxy("http://user:proxy-canary@127.0.0.1:1").headers(mapOf("x-gateway-key" to "header-canary"))
        hidden(options, options.build(), CallOptions { issuer("i") })
        PasslockClient(options.build()).use { hidden(it) }
        PasslockAsyncClient(options.build()).use { hidden(it) }
        val principal = principal()
        hidden(principal, listOf(principal))
        assertEquals("token-canary" to "jti-canary", principal.token to principal.jti)
        assertTrue("user-1" in principal.toString())
        emulator.addUser("ada@example.com", sub = "user-1")
        withClient { client ->
            fails<PasslockException.NotFound> { client.exchangeToken(token) }
            emulator.journal().forEach { hidden(it) }
        }
    }

    private fun hidden(vararg values: Any) {
        for (value in values) {
            val text = StringWriter()
            text.append(value.toString())
            if (value is PasslockException) {
                value.printStackTrace(PrintWriter(text))
                text.append(value.run { "$message $detail $tag $requestId ${cause?.message} $operation" })
            }
            assertFalse("canary" in text.toString(), "a secret is in: $text")
        }
    }
}
