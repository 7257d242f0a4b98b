package dev.passlock

import dev.passlock.internal.Native
import dev.passlock.internal.requireLibrary
import dev.passlock.testing.PasslockEmulator
import java.io.File
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
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

/** What lies between the public API and the native library. */
internal class BridgingTest {
    @Test
    fun `versions agree`() {
        requireLibrary()
        assertEquals(packageVersion(), Native.version())
    }

    @Test
    fun `the environment's names come from the native side`() {
        requireLibrary()
        assertTrue("PASSLOCK_API_KEY" in Native.environmentVariables())
    }

    @Test
    fun `a panic is an exception, and nothing more`() {
        val library = File("target/test-natives").listFiles().orEmpty().single()
        val printed = inOwnJava("dev.passlock.Panics", "-Ddev.passlock.library=${library.absolutePath}")
        assertTrue("all as expected" in printed, printed)
    }

    @Test
    fun `the JVM finds no fault with what the library asks of it`() {
        val printed = inOwnJava("dev.passlock.Everything", "-Xcheck:jni")
        assertEquals("all as expected\n", printed.replace(System.lineSeparator(), "\n"))
    }

    @Test
    fun `a program ends by itself, with clients open and calls in flight`() {
        PasslockEmulator.start("tenancy-1", KEY).use { emulator ->
            emulator.fault("hang")
            assertEquals("called", inOwnJava("dev.passlock.Leaves", environment = mapOf("ENDPOINT" to emulator.endpoint)).trim())
            assertEquals(1, emulator.journal().size)
        }
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
        assertTrue("CONFIG the native library for " in printed, printed)
    }
}

/** Makes the library panic in every place where that can be asked for. */
internal object Panics {
    private const val PANIC = "passlock-test-hooks:panic"

    @JvmStatic
    fun main(args: Array<String>) {
        val options = PasslockOptions.builder().tenancyId("tenancy-1").apiKey(KEY).endpoint("http://127.0.0.1:9").maxRetries(0)
        val client = PasslockClient(options.build())
        val errors = listOf(
            fails<PasslockException.Internal> { client.exchangeToken(PANIC) },
            fails<PasslockException.Internal> { client.getUser(PANIC) },
            fails<PasslockException.Internal> { client.updateUser(PANIC, UserUpdate("Ada")) },
            assertThrows<PasslockException.Internal> { PasslockClient(options.tenancyId(PANIC).build()) },
        )
        errors.forEach { check("bug" in it.message.orEmpty()) { it } }
        // The library goes on as if nothing had happened.
        fails<PasslockException.Connection> { client.getUser("user-1") }
        println("all as expected")
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
                }
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
        }
        println("all as expected")
    }
}

/** Leaves `main` when a call is under way. */
internal object Leaves {
    @JvmStatic
    fun main(args: Array<String>) {
        val options = PasslockOptions.builder().tenancyId("tenancy-1").apiKey(KEY).endpoint(System.getenv("ENDPOINT"))
        val call = PasslockAsyncClient(options.timeout(300.seconds).attemptTimeout(300.seconds).build()).getUser("user-1")
        // It has been sent when it is still under way after so long.
        assertThrows<TimeoutException> { call.get(1, TimeUnit.SECONDS) }
        println("called")
    }
}

/** Makes a client, and prints why not. */
internal object Opens {
    @JvmStatic
    fun main(args: Array<String>) {
        val options = PasslockOptions.builder().tenancyId("tenancy-1").apiKey(KEY).build()
        repeat(2) { println(assertThrows<PasslockException.Config> { PasslockClient(options) }.run { "$kind $message" }) }
    }
}
