package dev.passlock.internal

import dev.passlock.PasslockOptions
import java.lang.ref.Cleaner
import java.lang.ref.Reference

/** A client of the native library. One that is forgotten is freed, some time after. */
internal class Handle(options: PasslockOptions) {
    private val client: Long = open(options)

    init {
        // Not a lambda here: it would hold this.
        CLEANER.register(this, freeing(client))
    }

    /** Does something with the client's number. It is not freed meanwhile, even if nobody else holds this any more. */
    inline fun use(work: (client: Long) -> Unit) {
        try {
            work(client)
        } finally {
            Reference.reachabilityFence(this)
        }
    }

    private companion object {
        val CLEANER: Cleaner = Cleaner.create()

        fun freeing(client: Long) = Runnable { Native.free(client) }
    }
}

private fun open(options: PasslockOptions): Long {
    requireLibrary()
    val settings = options.settings
    settings.requireUnicode(operation = null)
    val environment = options.environment ?: variables()
    return Native.open(
        settings.named ?: emptyArray(),
        settings.authTypes,
        settings.caCertificates,
        // One that can't cross can be no setting either.
        environment.filterValues(::isUnicode).flatMap { (name, value) -> listOf(name, value) }.toTypedArray(),
    )
}

private fun variables(): Map<String, String> =
    Native.environmentVariables().mapNotNull { name -> System.getenv(name)?.let { name to it } }.toMap()
