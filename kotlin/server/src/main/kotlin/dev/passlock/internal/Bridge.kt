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
                environment.flatMap { (name, value) -> listOf(name, value) }.toTypedArray(),
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

    override fun failure(kind: String, operation: String?, message: String): Map<String, String> {
        requireLibrary()
        return Native.pairs(Native.failure(kind, operation, message))
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

    /** A call has ended. */
    fun complete(number: Long, outcome: Any) {
        waiting.remove(number)?.complete(outcome)
    }
}

/** A client, by the number that the native library knows it by. */
internal class JniClient(private val number: Long) : NativeClient {
    override fun begin(request: Request, call: PendingCall): Cancellation {
        val options = request.options
        try {
            return Bridge.begin(call) { number ->
                Native.begin(
                    number, this.number, request.operation.code, request.argument, request.fields.named, options.named, options.authTypes,
                )
            }
        } finally {
            // It is not freed meanwhile, even if nobody else holds it any more.
            Reference.reachabilityFence(this)
        }
    }

    override fun close(): Unit = Carrier.close(number)
}
