package dev.passlock

import dev.passlock.internal.Bridge
import java.io.File
import java.util.concurrent.CyclicBarrier
import kotlin.concurrent.thread
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** What lies between the public API and the native library: uniffi's generated code, and JNA. */
internal class BridgingTest {
    @Test
    fun `versions agree`() {
        assertEquals(packageVersion(), Bridge.version())
    }

    @Test
    fun `the environment's names come from the native side`() {
        assertTrue("PASSLOCK_API_KEY" in Bridge.environmentVariables())
    }

    /** JNA hung in a third of such starts, when both threads made their first structures. */
    @Test
    fun `40 cold starts by two threads at once do not hang`() {
        repeat(40) { assertEquals("all as expected", inOwnJava("dev.passlock.StartsCold").trim()) }
    }

    @Test
    fun `a panic is an exception, and nothing more`() {
        val library = File("target/test-natives").listFiles().orEmpty().single()
        val flag = "-Duniffi.component.passlock_native.libraryOverride=${library.absolutePath}"
        assertEquals("all as expected", inOwnJava("dev.passlock.Panics", flag).trim())
    }

    @Test
    fun `the library does not panic when asked to`() {
        val library = File("target/natives").listFiles().orEmpty().single()
        assertFalse("passlock-test-hooks" in library.readBytes().toString(Charsets.ISO_8859_1), "$library has test hooks")
    }

    @Test
    fun `a library that is missing or none is an error`() {
        for (library in listOf("/nowhere/libpasslock_uniffi.so", File("pom.xml").absolutePath)) {
            val printed = inOwnJava("dev.passlock.Opens", "-Duniffi.component.passlock_native.libraryOverride=$library")
            assertEquals(2, Regex("CONFIG there is no native library for this platform").findAll(printed).count(), printed)
        }
    }
}

/** Uses the library for the first time on two threads at once. */
internal object StartsCold {
    @JvmStatic
    fun main(args: Array<String>) {
        val options = PasslockOptions.builder().tenancyId("tenancy-1").apiKey(KEY).endpoint("http://127.0.0.1:9").maxRetries(0)
        val together = CyclicBarrier(2)
        val threads = List(2) {
            thread(isDaemon = true) {
                together.await()
                PasslockBlockingClient(options.build()).use { client ->
                    assertThrows<PasslockException.Connection> { client.getUser("user-1") }
                }
            }
        }
        threads.forEach { it.join(20_000) }
        check(threads.none { it.isAlive }) { "it hangs:\n" + threads.joinToString("\n") { it.stackTrace.joinToString("\n  ") } }
        println("all as expected")
    }
}
