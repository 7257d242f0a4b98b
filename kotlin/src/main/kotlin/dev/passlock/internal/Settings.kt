package dev.passlock.internal

import dev.passlock.ErrorKind
import dev.passlock.Operation
import dev.passlock.PasslockException
import java.util.Objects
import kotlin.time.Duration
import kotlin.time.DurationUnit

/** What was given of settings, or of an update, by the names that the native library knows. Immutable. */
internal class Settings private constructor(
    private val values: Map<String, Any>,
    /** Null if not given. Empty is given, too. */
    val authTypes: Array<String>?,
    /** As PEM. */
    val caCertificates: ByteArray?,
    /** Secrets, by their names. Null if not given. */
    val headers: Map<String, String>?,
) {
    constructor() : this(emptyMap(), null, null, null)

    /** Alternating names and values, as they cross the JNI; null if there are none. */
    val named: Array<String>? = values.flatMap { (name, value) -> listOf(name, value.toString()) }
        .toTypedArray().takeIf { it.isNotEmpty() }

    /** The same as uniffi has it. */
    val texts: Map<String, String> get() = values.mapValues { (_, value) -> value.toString() }

    operator fun get(name: String): Any? = values[name]

    /** With this text, number or boolean. */
    fun with(name: String, value: Any): Settings = Settings(values + (name to value), authTypes, caCertificates, headers)

    /** With this limit or leeway. */
    fun with(name: String, value: Duration): Settings = with(name, value.toDouble(DurationUnit.SECONDS))

    fun withAuthTypes(authTypes: Array<String>): Settings = Settings(values, authTypes, caCertificates, headers)

    fun withCaCertificates(pem: ByteArray): Settings = Settings(values, authTypes, pem, headers)

    fun withHeaders(headers: Map<String, String>): Settings {
        // A null of Java's is found here, where it was made.
        headers.forEach { (name, value) -> listOf(name, value).forEach { Objects.requireNonNull(it, "headers") } }
        return Settings(values, authTypes, caCertificates, LinkedHashMap(headers))
    }

    internal companion object {
        /** Nothing was given. */
        val NONE = Settings()

        /** These texts, numbers and booleans, but those that are null. */
        fun of(vararg values: Pair<String, Any?>): Settings {
            val given = LinkedHashMap<String, Any>()
            for ((name, value) in values) if (value != null) given[name] = value
            return Settings(given, null, null, null)
        }
    }

    /** Refuses what can't cross, by an error of this kind. [operation] is that of the call, and null for a client's settings. */
    fun requireUnicode(kind: ErrorKind, operation: Operation?) {
        values.forEach { (name, value) -> if (value is String) requireUnicode(value, name, kind, operation) }
        authTypes?.forEach { requireUnicode(it, "authTypes", kind, operation) }
        headers?.forEach { (name, value) -> listOf(name, value).forEach { requireUnicode(it, "headers", kind, operation) } }
    }
}

/** Refuses half a surrogate pair, which is text in Java but not in UTF-8. The text itself stays out. */
internal fun requireUnicode(text: String, name: String, kind: ErrorKind, operation: Operation?) {
    if (isUnicode(text)) return
    val message = "$name is not valid Unicode: it contains a lone surrogate"
    throw PasslockException.of(ErrorFields.of(Bridge.failure(kind.code, operation?.code, null, null, message)))
}

internal fun isUnicode(text: String): Boolean {
    var index = 0
    while (index < text.length) {
        val unit = text[index++]
        if (!unit.isSurrogate()) continue
        if (!unit.isHighSurrogate() || index == text.length || !text[index++].isLowSurrogate()) return false
    }
    return true
}
