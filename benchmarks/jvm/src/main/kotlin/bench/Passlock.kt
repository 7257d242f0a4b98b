package bench

import dev.passlock.PasslockAsyncClient
import dev.passlock.PasslockBlockingClient
import dev.passlock.PasslockClient
import dev.passlock.PasslockOptions

private fun options(arguments: Arguments): PasslockOptions {
    val options = PasslockOptions.builder().endpoint(arguments.endpoint).tenancyId(TENANCY).apiKey(KEY)
    arguments.ca?.let { options.caCertificates(it) }
    return options.build()
}

/** passlock from Kotlin. */
object PasslockSuspend {
    @JvmStatic
    fun main(given: Array<String>) {
        val arguments = Arguments(given)
        PasslockClient(options(arguments)).use { client -> runCoroutines(arguments) { client.exchangeToken(TOKEN) } }
    }
}

/** passlock from Java, by futures. */
object PasslockFutures {
    @JvmStatic
    fun main(given: Array<String>) {
        val arguments = Arguments(given)
        PasslockAsyncClient(options(arguments)).use { client -> runFutures(arguments) { client.exchangeToken(TOKEN) } }
    }
}

/** passlock from Java, by futures that threads wait for. */
object PasslockFuturesWaitedFor {
    @JvmStatic
    fun main(given: Array<String>) {
        val arguments = Arguments(given)
        PasslockAsyncClient(options(arguments)).use { client ->
            runThreads(arguments) { client.exchangeToken(TOKEN).join() }
        }
    }
}

/** passlock on threads that wait. */
object PasslockBlocking {
    @JvmStatic
    fun main(given: Array<String>) {
        val arguments = Arguments(given)
        PasslockBlockingClient(options(arguments)).use { client ->
            runThreads(arguments, client::warmUp) { client.exchangeToken(TOKEN) }
        }
    }
}
