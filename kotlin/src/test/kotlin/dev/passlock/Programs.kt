package dev.passlock

import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import kotlin.time.Duration.Companion.seconds
import org.junit.jupiter.api.assertThrows

// What tests run in a Java of their own.

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

/** Makes a client, and prints why not. */
internal object Opens {
    @JvmStatic
    fun main(args: Array<String>) {
        val options = PasslockOptions.builder().tenancyId("tenancy-1").apiKey(KEY).build()
        repeat(2) { println(assertThrows<PasslockException.Config> { PasslockClient(options) }.run { "$kind $message" }) }
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
