package dev.passlock

import dev.passlock.example.Login
import java.net.HttpURLConnection
import java.net.URI
import kotlin.time.Duration.Companion.seconds
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

internal class ExampleTest : EmulatorTest() {
    @Test
    fun `the example logs users in`() {
        ada()
        client().use { client ->
            Login(client).use { login ->
                val token = emulator.issueToken("user-1")
                assertEquals(200 to "user-1 has logged in by passkey", post(login, token))
                emulator.advance(400.seconds)
                assertEquals(401, post(login, token).first)
                assertEquals(401 to "log in again", post(login, ""))
                emulator.fault("status", mapOf("status" to 429, "headers" to mapOf("retry-after" to "60")))
                assertEquals(503 to "login is unavailable (60)", post(login, token))
                emulator.fault("status", mapOf("status" to 401))
                assertEquals(500, post(login, token).first)
            }
        }
    }

    private fun post(login: Login, token: String): Pair<Int, String> {
        val connection = URI("http://127.0.0.1:${login.port}/login").toURL().openConnection() as HttpURLConnection
        connection.doOutput = true
        connection.outputStream.use { it.write(token.toByteArray()) }
        val status = connection.responseCode
        val answer = if (status < 400) connection.inputStream else connection.errorStream
        val wait = connection.getHeaderField("Retry-After")?.let { " ($it)" }.orEmpty()
        return status to answer.use { it.readBytes().decodeToString() } + wait
    }
}
