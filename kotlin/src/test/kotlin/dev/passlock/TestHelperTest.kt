package dev.passlock

import com.sun.net.httpserver.HttpServer
import dev.passlock.testing.EmulatorException
import dev.passlock.testing.Packaged
import dev.passlock.testing.PasslockEmulator
import dev.passlock.testing.Program
import dev.passlock.testing.Samples
import java.io.File
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.URLClassLoader
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
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
        val error = assertThrows<EmulatorException> { Program.start(emptyList(), script.path) }
        eventually { ended(pid) }
        return error.message.orEmpty()
    }

    private fun ended(pid: File) = ProcessHandle.of(pid.readText().trim().toLong()).map { !it.isAlive }.orElse(true)

    @Test
    fun `a program that says nothing is ended after 10 seconds`() {
        val time = measureTime { assertTrue("was not ready within 10 seconds" in refusal("exec sleep 60")) }
        assertTrue(time in 10.seconds..15.seconds, "$time")
    }

    @Test
    fun `another program is ended, and named`() {
        val other = "is not the Passlock SDK's program"
        assertTrue(other in refusal("echo 'Usage: passlock COMMAND'", "exec sleep 60"))
        assertTrue(other in refusal("echo '[1, 2]'", "exec sleep 60"))
        assertTrue(other in refusal("""echo '{"endpoint": "http://127.0.0.1:9"}'""", "exec sleep 60"))
        val pretender = """{"endpoint":"http://127.0.0.1:9","tenancyId":"t","apiKey":"k","control":"http://127.0.0.1:9/_emulator"}"""
        assertTrue(other in refusal("echo '$pretender'", "exec sleep 60"))
    }

    @Test
    fun `a program of another version is named with its version`() {
        val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
        server.createContext("/") { exchange ->
            val health = """{"version":"9.9.9","protocol":2}""".toByteArray()
            exchange.sendResponseHeaders(200, health.size.toLong())
            exchange.responseBody.use { it.write(health) }
        }
        server.start()
        try {
            val control = "http://127.0.0.1:${server.address.port}/_emulator"
            val newer = """{"endpoint":"http://127.0.0.1:9","tenancyId":"t","apiKey":"k","control":"$control"}"""
            assertTrue("has a different version (9.9.9)" in refusal("echo '$newer'", "exec sleep 60"))
        } finally {
            server.stop(0)
        }
    }

    @Test
    fun `the helper does what it is told, or says why not`() {
        val emulator = PasslockEmulator.start()
        emulator.use {
            val sub = emulator.addUser("ada@example.com").sub
            emulator.configure(patchAnswer = "empty")
            emulator.fault("status", mapOf("status" to 503), method = "PATCH")
            PasslockBlockingClient(emulator.options().maxRetries(0).build()).use { client ->
                assertEquals(sub, client.getUser(sub).sub)
                val change = UserUpdate(givenName = "Ada")
                assertThrows<PasslockException.Server> { client.updateUser(sub, change) }
                assertEquals("Ada", client.updateUser(sub, change).givenName)
            }
            // The last update was answered without the user, who was read after it.
            val seen = emulator.journal().map { it.operation to it.fault }
            val (get, update) = listOf("get_user" to null, "update_user" to null)
            assertEquals(listOf(get, "update_user" to "status", update, get), seen)
            assertTrue(emulator.journal().all { it.atMillis <= it.endedAtMillis!! })
            val error = assertThrows<EmulatorException> { emulator.configure(patchAnswer = "none") }
            assertTrue("refused" in error.message.orEmpty(), error.message)
            emulator.stop()
        }
        assertThrows<EmulatorException> { emulator.journal() }
    }

    @Test
    fun `a program that ends tells its status`() {
        assertTrue("ended with status 3 before it was ready: its standard error says why" in refusal("exit 3"))
    }

    @Test
    fun `a program that there is not is named with how to get it`() {
        val error = assertThrows<EmulatorException> { Program.start(emptyList(), "$folder/nowhere") }
        assertTrue("nowhere can't be started; add the dependency dev.passlock:passlock-cli, or build it" in error.message.orEmpty(), error.message)
    }

    @Test
    fun `the program is the packaged one, then the variable's, then the one on the path`() {
        val program = folder.resolve("passlock-cli").toFile().apply { writeText("") }
        check(program.setExecutable(true))
        val environment = mapOf("PASSLOCK_CLI" to "named", "PATH" to "/nowhere:$folder")
        assertEquals("packaged", Program.find("packaged", environment::get))
        assertEquals("named", Program.find(null, environment::get))
        assertEquals(program.path, Program.find(null, (environment + ("PASSLOCK_CLI" to ""))::get))
        val error = assertThrows<EmulatorException> { Program.find(null, mapOf("PATH" to "/nowhere")::get) }
        for (way in listOf("passlock-cli", "PASSLOCK_CLI", "PATH")) assertTrue(way in error.message.orEmpty(), error.message)
    }

    @Test
    fun `on Windows the program on the path has its suffix`() {
        for (name in listOf("passlock-cli", "passlock-cli.exe")) {
            val program = folder.resolve(name).toFile().apply { writeText("") }
            check(program.setExecutable(true))
        }
        val environment = mapOf("PASSLOCK_CLI" to "", "PATH" to "$folder")
        val printed = inOwnJava("dev.passlock.FindsProgram", "-Dos.name=Windows 11", environment = environment)
        assertEquals("$folder/passlock-cli.exe", printed.trim())
    }

    @Test
    fun `the packaged program is unpacked, for its owner alone, and starts`() {
        val packed = folder.resolve("passlock-cli/${Packaged.platform()}/passlock-cli")
        URLClassLoader(arrayOf(folder.toUri().toURL()), null).use { assertNull(Packaged.unpacked(it)) }
        Files.createDirectories(packed.parent)
        Files.copy(Path.of(System.getenv("PASSLOCK_CLI")), packed)
        val program = URLClassLoader(arrayOf(folder.toUri().toURL()), null).use { requireNotNull(Packaged.unpacked(it)) }
        try {
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(program.toPath())))
            val emulator = Program.start(listOf("--tenancy-id", "packaged"), program.path)
            assertEquals("packaged", emulator["tenancyId"])
            emulator.stop()
        } finally {
            check(program.delete())
        }
    }

    @Test
    fun `a packaged program that can't be unpacked or started is said to be in the folder for temporary files`() {
        val packed = folder.resolve("passlock-cli/${Packaged.platform()}/passlock-cli")
        Files.createDirectories(packed.parent)
        Files.writeString(packed, "#!/nowhere")
        val onTheClassPath = "-Xbootclasspath/a:$folder"
        for ((why, flag) in listOf("started" to "-Dany=thing", "unpacked" to "-Djava.io.tmpdir=$folder/nowhere")) {
            val printed = inOwnJava("dev.passlock.StartsEmulator", onTheClassPath, flag).trim()
            assertTrue("can't be $why; the dependency passlock-cli carries it: is the folder for temporary files" in printed, printed)
        }
    }

    @Test
    fun `on Windows the copies of processes that have ended are deleted, and no other`() {
        val packed = folder.resolve("passlock-cli/${Packaged.platform().replaceBefore('-', "win32")}/passlock-cli.exe")
        Files.createDirectories(packed.parent)
        Files.writeString(packed, "program")
        val ended = ProcessBuilder("true").start().apply { waitFor() }.pid()
        val running = ProcessHandle.current().pid()
        val temporary = Files.createDirectory(folder.resolve("temporary"))
        val kept = setOf("passlock-cli-$running-7.exe", "passlock-cli-0.1.0.exe", "other-$ended-7.exe")
        for (name in kept + "passlock-cli-$ended-7.exe") Files.createFile(temporary.resolve(name))
        // As one that is still running there, this can't be deleted.
        val busy = "passlock-cli-$ended-8.exe"
        Files.createDirectories(temporary.resolve("$busy/nested"))
        val flags = arrayOf("-Xbootclasspath/a:$folder", "-Djava.io.tmpdir=$temporary", "-Dos.name=Windows 11")
        val printed = inOwnJava("dev.passlock.FindsProgram", *flags).trim()
        assertTrue(printed.startsWith("$temporary/passlock-cli-") && printed.endsWith(".exe"), printed)
        assertEquals(kept + busy, temporary.toFile().list().orEmpty().toSet())
    }

    @Test
    fun `the emulator is reached without the proxy of the JVM`() {
        val proxy = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
        proxy.createContext("/") { it.sendResponseHeaders(403, -1) }
        proxy.start()
        try {
            val flags = arrayOf("-Dhttp.proxyHost=127.0.0.1", "-Dhttp.proxyPort=${proxy.address.port}", "-Dhttp.nonProxyHosts=")
            assertEquals("started", inOwnJava("dev.passlock.StartsEmulator", *flags).trim())
        } finally {
            proxy.stop(0)
        }
    }

    @Test
    fun `samples are valid, and differ where it was said`() {
        val principal = Samples.principal(sub = "user-7", authType = AuthType.EMAIL)
        assertEquals("user-7" to AuthType.EMAIL, principal.sub to principal.authType)
        assertTrue(principal.iat < principal.exp)
        assertEquals("Grace", Samples.user(givenName = "Grace").givenName)
    }
}

/** Prints which program is the emulator. */
internal object FindsProgram {
    @JvmStatic
    fun main(args: Array<String>) {
        println(Program.find())
    }
}

/** Starts the emulator, and prints why not. */
internal object StartsEmulator {
    @JvmStatic
    fun main(args: Array<String>) {
        println(
            try {
                PasslockEmulator.start().use { "started" }
            } catch (refused: EmulatorException) {
                refused.message
            },
        )
    }
}
