package dev.passlock

import dev.passlock.testing.JournalEntry
import dev.passlock.testing.PasslockEmulator
import java.io.File
import java.util.concurrent.TimeUnit
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.assertThrows

internal const val KEY = "key-canary-0123456789"

/** Tests of one class share an emulator, which is as new at the start of each. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
internal abstract class EmulatorTest {
    protected lateinit var emulator: PasslockEmulator

    @BeforeAll
    fun start() {
        emulator = PasslockEmulator.start("tenancy-1", KEY)
    }

    @BeforeEach
    fun reset(): Unit = emulator.reset()

    @AfterAll
    fun stop(): Unit = emulator.close()

    /** A client of the emulator: no retries, so that every fault is seen. */
    protected fun client(configure: PasslockOptions.Builder.() -> Unit = {}): PasslockClient =
        PasslockClient(emulator.options().maxRetries(0).apply(configure).build())

    protected fun <T> withClient(
        configure: PasslockOptions.Builder.() -> Unit = {},
        work: suspend (PasslockClient) -> T,
    ): T = client(configure).use { client -> within { work(client) } }

    protected fun ada(): User =
        emulator.addUser("ada@example.com", sub = "user-1", givenName = "Ada", familyName = "Lovelace", emailVerified = true)

    /** The one request so far, when it has ended. */
    protected fun endOfOnlyRequest(): JournalEntry {
        eventually { emulator.journal().singleOrNull().let { it != null && it.outcome != "pending" } }
        return emulator.journal().single()
    }
}

/** Runs a test that must not hang. */
internal fun <T> within(limit: Duration = 30.seconds, work: suspend () -> T): T = runBlocking { withTimeout(limit) { work() } }

internal inline fun <reified E : Throwable> fails(crossinline work: suspend () -> Any?): E = assertThrows<E> { within { work() } }

/** Whether this is the name of the thread that carries calls on; coroutines add their own name to it. */
internal fun carriesCalls(thread: String): Boolean = thread.substringBefore(" @") == "passlock"

/** Waits until something holds that comes about on another thread or in another process. */
internal fun eventually(limit: Duration = 10.seconds, holds: () -> Boolean) {
    val start = TimeSource.Monotonic.markNow()
    while (!holds()) {
        check(start.elapsedNow() < limit) { "it did not come about in $limit" }
        Thread.sleep(10.milliseconds.inWholeMilliseconds)
    }
}

/** The README's block that has these words. */
internal fun readme(words: String): String {
    val blocks = File("../README.md").readText().split("\n```kotlin\n").drop(1)
    return blocks.map { it.substringBefore("\n```") }.single { words in it }
}

/** The same without what only an application's code needs. */
internal fun shown(words: String): String = readme(words).lines().filterNot { it.startsWith("import dev.passlock.") }
    .joinToString("\n").trim()

/** A file of the tests, as the README shows it. */
internal fun tested(file: String): String = File("../src/test/kotlin/dev/passlock/$file").readLines()
    .filterNot { it.startsWith("package ") || it.startsWith("import dev.passlock.") }
    .joinToString("\n").replace(Regex("^internal ", RegexOption.MULTILINE), "").trim()

/**
 * Runs the `main` of a class in a Java of its own, with this one's classes, and gives what it printed. The starter, if there is
 * one, is a command that runs the command which follows it.
 */
internal fun inOwnJava(
    main: String,
    vararg flags: String,
    environment: Map<String, String> = emptyMap(),
    starter: List<String> = emptyList(),
): String {
    val java = File(System.getProperty("java.home"), "bin/java").path
    // Where the library is, if it is not in the jar.
    val library = "uniffi.component.passlock_native.libraryOverride"
    val where = System.getProperty(library)?.let { listOf("-D$library=$it") }.orEmpty()
    // As this one was given: see pom.xml.
    val access = if (Runtime.version().feature() >= 17) listOf("--enable-native-access=ALL-UNNAMED") else emptyList()
    val command = starter + java + where + access + listOf(*flags, "-cp", System.getProperty("java.class.path"), main)
    val output = File.createTempFile("passlock-test", ".txt")
    try {
        val builder = ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output)
        val process = builder.apply { environment() += environment }.start()
        val ended = process.waitFor(60, TimeUnit.SECONDS)
        process.destroyForcibly()
        check(ended) { "$main did not end:\n${output.readText()}" }
        check(process.exitValue() == 0) { "$main ended with ${process.exitValue()}:\n${output.readText()}" }
        return output.readText()
    } finally {
        output.delete()
    }
}
