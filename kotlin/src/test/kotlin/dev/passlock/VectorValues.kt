package dev.passlock

import dev.passlock.testing.json
import dev.passlock.testing.parsed
import java.io.File
import kotlin.math.abs
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

internal typealias Fields = Map<String, Any?>

internal fun read(file: File): Fields = fields(parsed(file.readText()))

@Suppress("UNCHECKED_CAST")
internal fun fields(value: Any?): Fields = value as Fields

internal fun String.plain() = lowercase().replace("_", "")

/** What differs between what a vector wants and what was seen. */
internal fun differences(want: Any?, got: Any?, at: String): List<String> = when {
    want == "\${any}" && got is String && got.isNotEmpty() -> emptyList()
    want is Map<*, *> && "\$at_least" in want && got is Double && got >= want["\$at_least"] as Double -> emptyList()
    want is Double && got is Double && abs(want - got) < 0.0005 -> emptyList()
    want is Map<*, *> && got is Map<*, *> -> (want.keys + got.keys).flatMap { key ->
        if (key in want && key in got) differences(want[key], got[key], "$at.$key") else listOf("$at.$key is on one side only")
    }
    want is List<*> && got is List<*> && want.size == got.size -> want.indices.flatMap { differences(want[it], got[it], "$at[$it]") }
    want == got -> emptyList()
    else -> listOf("$at: $got instead of $want")
}

private val placeholder = Regex("""\$\{(\w+)([+-]\d+)?}""")

/** Replaces placeholders, however deeply they are nested. */
internal fun expand(value: Any?, known: Fields): Any? = when (value) {
    is String -> placeholder.matchEntire(value)?.takeIf { it.groupValues[1] == "exp" && "exp" in known }
        ?.let { known["exp"] as Double + (it.groupValues[2].toDoubleOrNull() ?: 0.0) }
        ?: placeholder.replace(value) { match -> known[match.groupValues[1]].takeIf { match.groupValues[2].isEmpty() }?.let(::word) ?: match.value }
    is List<*> -> value.map { expand(it, known) }
    is Map<*, *> -> when (value.keys.singleOrNull()) {
        "\$concat" -> (expand(value["\$concat"], known) as List<*>).joinToString("") { part ->
            if (part is List<*>) word(part[0]!!).repeat((part[1] as Double).toInt()) else word(part!!)
        }
        "\$json" -> json(expand(value["\$json"], known)).toString()
        "\$utf16" -> (value["\$utf16"] as List<*>).map { (it as Double).toInt().toChar() }.joinToString("")
        else -> value.mapValues { expand(it.value, known) }
    }
    else -> value
}

private fun word(value: Any) = if (value is Double) json(value).toString() else value.toString()

private fun duration(value: Any): Duration = when (value) {
    "Infinity" -> Duration.INFINITE
    "-Infinity" -> -Duration.INFINITE
    else -> (value as Double).seconds
}

private fun authTypes(value: Any) = (value as List<*>).map { AuthType(it as String) }

internal fun PasslockOptions.Builder.set(name: String, value: Any) {
    when (name) {
        "tenancy_id" -> tenancyId(value as String)
        "api_key" -> apiKey(value as String)
        "endpoint" -> endpoint(value as String)
        "allow_http" -> allowHttp(value as Boolean)
        "timeout" -> timeout(duration(value))
        "attempt_timeout" -> attemptTimeout(duration(value))
        "connect_timeout" -> connectTimeout(duration(value))
        "idle_timeout" -> idleTimeout(duration(value))
        "max_retries" -> maxRetries((value as Double).toInt())
        "max_response_bytes" -> maxResponseBytes((value as Double).toLong())
        "proxy" -> proxy(value as String)
        "ca_certificates" -> caCertificates((value as String).toByteArray())
        "leeway" -> leeway(duration(value))
        "verify_claims" -> verifyClaims(value as Boolean)
        "issuer" -> issuer(value as String)
        "require_user_verified" -> requireUserVerified(value as Boolean)
        "auth_types" -> authTypes(authTypes(value))
        else -> error("no such setting: $name")
    }
}

internal fun CallOptions.Builder.set(name: String, value: Any) {
    when (name) {
        "timeout" -> timeout(duration(value))
        "issuer" -> issuer(value as String)
        "require_user_verified" -> requireUserVerified(value as Boolean)
        "auth_types" -> authTypes(authTypes(value))
        else -> error("no such option: $name")
    }
}
