package dev.passlock

import dev.passlock.internal.ffi.environmentVariables
import dev.passlock.internal.ffi.version
import java.io.File
import java.lang.reflect.Executable
import java.lang.reflect.Modifier
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** What lies between the face and the native library. */
internal class BorderTest {
    @Test
    fun `versions agree`(): Unit = assertEquals(packageVersion(), version())

    @Test
    fun `the environment's names come from the native side`(): Unit = assertTrue("PASSLOCK_API_KEY" in environmentVariables())

    @Test
    fun `no generated name is in the public face`() {
        val classes = File("target/classes/dev/passlock")
        val names = classes.walk().filter { it.extension == "class" }
            .map { "dev.passlock." + it.relativeTo(classes).path.removeSuffix(".class").replace(File.separatorChar, '.') }
            .filterNot { it.startsWith("dev.passlock.internal.") }.toList()
        assertTrue(names.size > 20, "$names")
        for (name in names) {
            val type = Class.forName(name, false, javaClass.classLoader)
            // What Kotlin makes of lambdas and inlined code is not seen by anybody.
            if (type.isSynthetic || !Modifier.isPublic(type.modifiers)) continue
            val seen = type.declaredMethods.toList<Executable>() + type.declaredConstructors
            for (member in seen.filter { it.modifiers and (Modifier.PUBLIC or Modifier.PROTECTED) != 0 && !it.isSynthetic }) {
                assertFalse("internal.ffi" in member.toGenericString(), member.toGenericString())
            }
            assertFalse(type.fields.any { "internal.ffi" in it.toGenericString() }, name)
        }
    }

    @Test
    fun `a panic is an exception, and nothing more`() {
        val library = File("target/test-natives").listFiles().orEmpty().single()
        val printed = inOwnJava("dev.passlock.Panics", "-Ddev.passlock.library=${library.absolutePath}")
        assertTrue("all as expected" in printed, printed)
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
        val printed = inOwnJava("dev.passlock.Opens", "-Djna.prefix=linux-riscv64")
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
            fails<PasslockException.Protocol> { client.exchangeToken(PANIC) },
            fails<PasslockException.Protocol> { client.getUser(PANIC) },
            fails<PasslockException.Protocol> { client.updateUser(PANIC, UserUpdate("Ada")) },
            assertThrows<PasslockException.Protocol> { PasslockClient(options.tenancyId(PANIC).build()) },
        )
        errors.forEach { check("bug" in it.message.orEmpty()) { it } }
        // The library goes on as if nothing had happened.
        fails<PasslockException.Connection> { client.getUser("user-1") }
        println("all as expected")
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
