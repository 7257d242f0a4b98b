package dev.passlock

import dev.passlock.internal.Bridge
import dev.passlock.testing.PasslockEmulator
import java.io.File
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** What lies between the public API and the native library: the JNI. */
internal class BridgingTest {
    @Test
    fun `versions agree`() {
        assertEquals(packageVersion(), Bridge.version())
    }

    @Test
    fun `the environment's names come from the native side`() {
        assertTrue("PASSLOCK_API_KEY" in Bridge.environmentVariables())
    }

    @Test
    fun `a panic is an exception, and nothing more`() {
        val library = File("target/test-natives").listFiles().orEmpty().single()
        val printed = inOwnJava("dev.passlock.Panics", "-Ddev.passlock.library=${library.absolutePath}")
        assertEquals("all as expected", printed.trim())
    }

    @Test
    fun `the JVM finds no fault with what the library asks of it`() {
        val printed = inOwnJava("dev.passlock.Everything", "-Xcheck:jni")
        assertEquals("all as expected\n", printed.replace(System.lineSeparator(), "\n"))
    }

    @Test
    fun `the library of the jar does not panic when asked to`() {
        val natives = File("target/natives").walk().filter { it.isFile }.toList()
        assertTrue(natives.isNotEmpty())
        for (library in natives) {
            assertFalse("passlock-test-hooks" in library.readBytes().toString(Charsets.ISO_8859_1), "$library has test hooks")
        }
    }

    @Test
    fun `a platform without a library is named`() {
        val printed = inOwnJava("dev.passlock.Opens", "-Dos.arch=riscv64")
        assertTrue("no native library for this platform, linux-riscv64; this jar carries " in printed, printed)
    }

    @Test
    fun `a library that is none is an error`() {
        val printed = inOwnJava("dev.passlock.Opens", "-Ddev.passlock.library=${File("pom.xml").absolutePath}")
        assertTrue("CONFIG the native library that the property dev.passlock.library names " in printed, printed)
    }
}

/** Has each of the library's functions called, and has it call each of its own. */
internal object Everything {
    @JvmStatic
    fun main(args: Array<String>) {
        PasslockEmulator.start("tenancy-1", KEY).use { emulator ->
            val client = PasslockClient(emulator.options().authTypes(AuthType.PASSKEY).maxRetries(0).build())
            val sub = emulator.addUser("ada@example.com").sub
            within {
                repeat(100) {
                    val options = CallOptions { timeout(10.seconds).requireUserVerified(false) }
                    check(client.exchangeToken(emulator.issueToken(sub), options).sub == sub)
                    check(client.updateUser(sub, UserUpdate("Ad\u0000a \uD83D\uDE00", emailVerified = true)) == client.getUser(sub))
                    client.warmUp()
                    check(client.getUserWithInfo(sub).info.attempts == 1)
                }
                observed(emulator.options(), sub)
                emulator.fault("hang")
                coroutineScope {
                    val call = launch(Dispatchers.Default) { client.getUser(sub) }
                    eventually { emulator.journal().last().outcome == "pending" }
                    call.cancelAndJoin()
                }
            }
            fails<PasslockException.NotFound> { client.exchangeToken("unknown") }
            client.close()
            fails<PasslockException.Config> { client.getUser(sub) }
            assertThrows<PasslockException.Config> { PasslockClient(emulator.options().maxRetries(99).build()) }
            check(PasslockException(ErrorKind.FORBIDDEN, "why") { tag("Disabled") }.suggestedStatus == 403)
        }
        println("all as expected")
    }

    /** As many requests of one call as there may be, of which each is told. */
    private suspend fun observed(options: PasslockOptions.Builder, sub: String) {
        var told: CallReport? = null
        val patient = options.endpoint("http://127.0.0.1:1").maxRetries(10).timeout(1.seconds).listener { told = it }
        PasslockClient(patient.build()).use { observed ->
            try {
                observed.getUser(sub)
            } catch (_: PasslockException) {
                // Nobody listens there.
            }
        }
        check(told!!.attempts.size == told!!.info.attempts && told!!.info.attempts > 0) { "$told" }
    }
}
