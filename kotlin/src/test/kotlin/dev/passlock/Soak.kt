package dev.passlock

import dev.passlock.testing.json
import dev.passlock.testing.parsed
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext

/**
 * A client for `just soak`: makes calls when it is told to, and reports the outcome of each. `crates/passlock-soak/README.md` says
 * what it reads and writes. It judges nothing.
 */
internal class Soak(private val setUp: Fields) {
    private val users = (setUp["users"] as List<*>).map { fields(it) }
    private val atOnce = (setUp["at_once"] as Double).toInt()
    private val number = AtomicInteger()

    @Volatile
    private var client = open()

    @Volatile
    private var goes = false

    private fun open() = PasslockClient {
        endpoint((setUp["endpoints"] as List<*>).random() as String)
        caCertificates((setUp["ca_certificates"] as String).toByteArray())
        tenancyId(setUp["tenancy_id"] as String)
        apiKey(setUp["api_key"] as String)
        timeout((setUp["timeout"] as Double).seconds)
        attemptTimeout((setUp["attempt_timeout"] as Double).seconds)
        connectTimeout((setUp["connect_timeout"] as Double).seconds)
    }

    private fun nextTask(caller: Int): Fields {
        val own = users.size / atOnce
        val user = users[caller * own + Random.nextInt(own)]
        val mark = number.incrementAndGet()
        return when (Random.nextInt(10)) {
            in 0..3 -> mapOf("operation" to "exchange_token", "argument" to user["token"])
            in 4..5 -> mapOf("operation" to "get_user", "argument" to user["sub"])
            in 6..8 -> mapOf("operation" to "update_user", "argument" to user["sub"], "name" to "name-$mark")
            else -> mapOf("operation" to "get_user", "argument" to "missing-$mark")
        }
    }

    private suspend fun call(task: Fields): Fields {
        val argument = task["argument"] as String
        fun shown(user: User) = mapOf("ended" to "ok", "sub" to user.sub, "given_name" to user.givenName)
        return try {
            when {
                task["operation"] == "exchange_token" ->
                    client.exchangeToken(argument).run { mapOf("ended" to "ok", "sub" to sub, "token" to token) }
                "name" in task -> shown(client.updateUser(argument, UserUpdate(task["name"] as String)))
                else -> shown(client.getUser(argument))
            }
        } catch (error: CancellationException) {
            mapOf("ended" to "cancelled")
        } catch (error: PasslockException) {
            if (error is PasslockException.Config && "closed" in error.message.orEmpty()) mapOf("ended" to "closed")
            else mapOf("ended" to error.kind.code, "attempts" to error.attempts)
        } catch (error: Exception) {
            mapOf("ended" to error.stackTraceToString())
        }
    }

    private suspend fun calls(caller: Int) = coroutineScope {
        while (goes) {
            if (Random.nextInt(300) == 0) {
                // Some are closed, and some are forgotten.
                val last = client
                client = open()
                if (Random.nextBoolean()) last.close()
            }
            val task = nextTask(caller)
            var began = TimeSource.Monotonic.markNow()
            var ended: Fields = mapOf("ended" to "cancelled")
            val call = launch { ended = call(task) }
            if (Random.nextInt(10) == 0) {
                delay(Random.nextLong(150).milliseconds)
                began = TimeSource.Monotonic.markNow()
                call.cancelAndJoin()
            }
            call.join()
            tell(task + ended + mapOf("seconds" to began.elapsedNow().inWholeMicroseconds / 1e6))
        }
    }

    /** Does as the input says until it ends. */
    fun follow() = runBlocking(Dispatchers.Default) {
        var underWay: List<Job> = emptyList()
        while (true) {
            // On a thread that may wait: those of the callers are few.
            val line = withContext(Dispatchers.IO) { readLine() } ?: break
            goes = line == "go"
            if (goes) {
                underWay = List(atOnce) { launch { calls(it) } }
                continue
            }
            underWay.forEach { it.join() }
            client.close()
            client = open()
            repeat(3) {
                System.gc()
                delay(50.milliseconds)
            }
            tell(mapOf("resting" to true))
        }
    }

    private fun tell(what: Fields) = synchronized(System.out) { println(json(what)) }

    companion object {
        @JvmStatic
        fun main(args: Array<String>): Unit = Soak(fields(parsed(readLine()!!))).follow()
    }
}
