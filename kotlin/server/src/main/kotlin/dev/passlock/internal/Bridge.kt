package dev.passlock.internal

import java.lang.ref.Reference
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong

/** The bridge by the JNI. Clients and calls are numbers in the native library. */
internal object Bridge : NativeLibrary {
    private val waiting = ConcurrentHashMap<Long, PendingCall>()
    private val last = AtomicLong()

    override fun open(settings: Settings, environment: Map<String, String>): NativeClient {
        requireLibrary()
        return Carrier.open {
            Native.open(
                settings.named ?: emptyArray(),
                settings.authTypes,
                settings.caCertificates,
                settings.headers?.let(::flat),
                flat(environment),
            )
        }
    }

    override fun environmentVariables(): List<String> {
        requireLibrary()
        return Native.environmentVariables().asList()
    }

    override fun codes(): List<List<String>> {
        requireLibrary()
        return Native.codes().map { it.asList() }
    }

    override fun failure(kind: String, operation: String?, tag: String?, hint: String?, message: String): Map<String, String> {
        requireLibrary()
        return Native.pairs(Native.failure(kind, operation, tag, hint, message))
    }

    override fun version(): String {
        requireLibrary()
        return Native.version()
    }

    override fun callsInFlight(): Int = waiting.size

    /** Begins a call with a function that receives its number. */
    inline fun begin(call: PendingCall, native: (number: Long) -> Unit): Cancellation {
        val number = last.incrementAndGet()
        waiting[number] = call
        var began = false
        try {
            native(number)
            began = true
        } finally {
            if (!began) waiting.remove(number)
        }
        return Cancellation { if (waiting.remove(number) != null) Native.cancel(number) }
    }

    /** A call has ended like this: its outcome comes next. */
    fun report(number: Long, report: Report) {
        (waiting[number] as? ReportedCall)?.report = report
    }

    /** A call has ended. */
    fun complete(number: Long, outcome: Any) {
        waiting.remove(number)?.complete(outcome)
    }
}

/** Names and values that take turns. */
private fun flat(texts: Map<String, String>): Array<String> =
    texts.flatMap { (name, value) -> listOf(name, value) }.toTypedArray()

/** A call that is asked how it went, which comes before its outcome and on the same thread. */
private class ReportedCall(private val call: PendingCall) : PendingCall {
    var report: Report? = null

    override fun complete(outcome: Any) {
        // Without one the outcome is lost, and says so.
        call.complete(report?.let { Observed(outcome, it) } ?: ErrorFields.LOST)
    }
}

/** A client, by the number that the native library knows it by. */
internal class JniClient(private val number: Long) : NativeClient {
    override fun begin(request: Request, detail: Detail, call: PendingCall): Cancellation {
        val options = request.options
        try {
            return Bridge.begin(if (detail == Detail.NONE) call else ReportedCall(call)) { number ->
                Native.begin(
                    number, this.number, request.operation, request.argument, request.fields.named, options.named, options.authTypes,
                    detail.ordinal,
                )
            }
        } finally {
            // It is not freed meanwhile, even if nobody else holds it any more.
            Reference.reachabilityFence(this)
        }
    }

    override fun close(): Unit = Carrier.close(number)
}
