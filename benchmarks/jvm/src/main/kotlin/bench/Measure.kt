package bench

import com.sun.management.OperatingSystemMXBean
import java.io.File
import java.lang.management.ManagementFactory
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.runBlocking

const val TENANCY = "tenancy-1"
const val KEY = "a-key-of-the-usual-length-0123456789"
const val TOKEN = "EpVzO2wfpqEDcs3ChKWJ1m9rDc8OtCE6"
const val AUTHORIZATION = "Bearer $KEY"

/** Seconds, as much as ours has by default. */
const val TIMEOUT = 30L
const val CONNECT_TIMEOUT = 5L
const val POOL = 64

/** How every client is started, in every language. Made first: the time to the first answer is counted from here. */
class Arguments(given: Array<String>) {
    val main = System.nanoTime()
    private val map = given.toList().chunked(2).associate { (name, value) -> name to value }

    val endpoint = map.getValue("--endpoint")
    val url = "$endpoint/$TENANCY/token/$TOKEN"
    val warmUp = number("--warm-up", 200)
    val calls = number("--calls", 2000)
    val atOnce = number("--at-once", 1)
    val started = map["--started"]?.toLong()
    val ca = map["--ca"]?.let { File(it).readBytes() }

    private fun number(name: String, otherwise: Int) = map[name]?.toInt() ?: otherwise
}

/** Makes calls one after another, or on that many threads; with none to make, one for each line that asks for it. */
fun runThreads(arguments: Arguments, openAhead: (() -> Any)? = null, call: () -> Any) {
    if (arguments.calls == 0) {
        generateSequence(::readlnOrNull).forEach { onDemand(if (it == "call") call else openAhead) }
        return
    }
    fun work(count: Int) = LongArray(count) { System.nanoTime().let { start -> call(); System.nanoTime() - start } }
    measured(arguments, { call() }) { count ->
        if (arguments.atOnce == 1) {
            work(count)
        } else {
            val workers = List(arguments.atOnce) {
                CompletableFuture<LongArray>().also { result ->
                    Thread {
                        runCatching { work(count / arguments.atOnce) }.fold(result::complete, result::completeExceptionally)
                    }.start()
                }
            }
            joined(workers.map { it.join() })
        }
    }
}

/** One call, or what opens a connection in advance: prints how long it took, in microseconds. */
private fun onDemand(does: (() -> Any)?) {
    val start = System.nanoTime()
    val result = runCatching { does?.invoke() ?: return println("none") }
    println(if (result.isSuccess) (System.nanoTime() - start) / 1000 else "failed")
}

/** Makes calls one after another, or in that many coroutines, on one thread. */
fun runCoroutines(arguments: Arguments, call: suspend () -> Any) = runBlocking {
    suspend fun work(count: Int) = LongArray(count).also {
        for (at in 0 until count) {
            val start = System.nanoTime()
            call()
            it[at] = System.nanoTime() - start
        }
    }
    measured(arguments, { call() }) { count ->
        if (arguments.atOnce == 1) {
            work(count)
        } else {
            joined(List(arguments.atOnce) { async { work(count / arguments.atOnce) } }.awaitAll())
        }
    }
}

/** Makes calls one after another, or in that many chains of futures. */
fun runFutures(arguments: Arguments, call: () -> CompletionStage<*>) {
    // The next call is made by the thread that brings an answer: no hop is added to what is measured.
    fun chain(latencies: LongArray, at: Int, done: CompletableFuture<LongArray>) {
        if (at == latencies.size) {
            done.complete(latencies)
            return
        }
        val start = System.nanoTime()
        call().whenComplete { _, failure ->
            latencies[at] = System.nanoTime() - start
            if (failure == null) chain(latencies, at + 1, done) else done.completeExceptionally(failure)
        }
    }
    measured(arguments, { call().toCompletableFuture().join() }) { count ->
        val chains = List(arguments.atOnce) {
            CompletableFuture<LongArray>().also { done -> chain(LongArray(count / arguments.atOnce), 0, done) }
        }
        joined(chains.map { it.join() })
    }
}

private fun joined(parts: List<LongArray>) = LongArray(parts.sumOf { it.size }).also {
    var at = 0
    for (part in parts) {
        part.copyInto(it, at)
        at += part.size
    }
}

/** Prints what the calls cost. CPU is the whole process's, compiler and garbage collector included. */
private inline fun measured(arguments: Arguments, first: () -> Unit, calls: (Int) -> LongArray) {
    first()
    val answered = System.nanoTime()
    calls(arguments.warmUp)
    val system = ManagementFactory.getOperatingSystemMXBean() as OperatingSystemMXBean
    val (cpu, wall) = system.processCpuTime to System.nanoTime()
    val latencies = calls(arguments.calls)
    report(arguments, answered, system.processCpuTime - cpu, System.nanoTime() - wall, latencies)
}

/** One line of JSON: microseconds and kibibytes. */
private fun report(arguments: Arguments, answered: Long, cpu: Long, wall: Long, latencies: LongArray) {
    val count = latencies.size
    latencies.sort()
    fun part(of: Double) = latencies[((count - 1) * of).toInt()] / 1e3
    println(
        """{"calls":$count,"cpu_us":${cpu / 1e3 / count},"wall_us":${wall / 1e3 / count},"p50_us":${part(0.50)},""" +
            """"p99_us":${part(0.99)},"rss_kib":${peakKib()},"import_us":0,""" +
            """"ready_us":${(answered - arguments.main) / 1e3},""" +
            """"start_us":${arguments.started?.let { (answered - it) / 1e3 }}}""",
    )
}

private fun peakKib() =
    File("/proc/self/status").readLines().first { it.startsWith("VmHWM:") }.filter(Char::isDigit).toLong()
