package dev.passlock

import kotlinx.coroutines.runBlocking

/** An app that has been shrunk by the rules of the AAR: see `check-aar`. It uses nothing but the public API. */
public object ShrunkApp {
    @JvmStatic
    public fun main(args: Array<String>) {
        val told = mutableListOf<String>()
        val options = PasslockOptions.builder().tenancyId("tenancy-1").apiKey(args[1]).endpoint(args[0]).maxRetries(0)
            .listener { told += it.operation }.build()
        PasslockClient(options).use { client ->
            runBlocking { client.warmUp() }
            val user = runBlocking { client.updateUser("user-1", UserUpdate(givenName = "Ada")) }
            check(user == runBlocking { client.getUser("user-1") })
            try {
                runBlocking { client.exchangeToken("unknown") }
            } catch (error: PasslockException.NotFound) {
                check(told == listOf("warm_up", "update_user", "get_user", "exchange_token")) { told }
                println("${user.givenName}: ${error.kind} ${error.message}")
            }
        }
    }
}
