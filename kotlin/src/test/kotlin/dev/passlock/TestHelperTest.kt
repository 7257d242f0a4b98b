package dev.passlock

import dev.passlock.testing.Program
import dev.passlock.testing.Samples
import java.io.File
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir

/** The package `passlock-testing`. */
internal class TestHelperTest {
    @TempDir
    lateinit var folder: Path

    /** Starts a program of these lines of shell, which fails; gives why, when the program has ended. */
    private fun refusal(vararg lines: String): String {
        val (script, pid) = folder.resolve("passlock-cli").toFile() to folder.resolve("pid").toFile()
        script.writeText("#!/bin/sh\necho $$ >'$pid'\n" + lines.joinToString("\n"))
        check(script.setExecutable(true))
        val error = assertThrows<IllegalStateException> { Program.start(emptyList(), script.path) }
        eventually { ended(pid) }
        return error.message.orEmpty()
    }

    private fun ended(pid: File) = ProcessHandle.of(pid.readText().trim().toLong()).map { !it.isAlive }.orElse(true)

    @Test
    fun `a program that says nothing is ended after 10 seconds`() {
        val time = measureTime { assertTrue("has not said within 10 s" in refusal("exec sleep 60")) }
        assertTrue(time in 10.seconds..15.seconds, "$time")
    }

    @Test
    fun `another program is ended, and named`() {
        val other = "is another program than the Passlock SDK's"
        assertTrue(other in refusal("echo 'Usage: passlock COMMAND'", "exec sleep 60"))
        assertTrue(other in refusal("echo '[1, 2]'", "exec sleep 60"))
        assertTrue(other in refusal("""echo '{"endpoint": "http://127.0.0.1:9"}'""", "exec sleep 60"))
        val pretender = """{"endpoint":"http://127.0.0.1:9","tenancyId":"t","apiKey":"k","control":"http://127.0.0.1:9/_emulator"}"""
        assertTrue(other in refusal("echo '$pretender'", "exec sleep 60"))
    }

    @Test
    fun `a program that ends tells its status`() {
        assertTrue("ended with status 3 before it was ready" in refusal("exit 3"))
    }

    @Test
    fun `a program that there is not is named with how to get it`() {
        val error = assertThrows<IllegalStateException> { Program.start(emptyList(), "$folder/nowhere") }
        assertTrue("nowhere can't be started; build it in a checkout" in error.message.orEmpty(), error.message)
    }

    @Test
    fun `samples are valid, and differ where it was said`() {
        val principal = Samples.principal(sub = "user-7", authType = AuthType.EMAIL)
        assertEquals("user-7" to AuthType.EMAIL, principal.sub to principal.authType)
        assertTrue(principal.iat < principal.exp)
        assertEquals("Grace", Samples.user(givenName = "Grace").givenName)
    }
}
