package dev.passlock

import dev.passlock.testing.json
import dev.passlock.testing.parsed
import java.io.File
import kotlin.math.abs
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration

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

/** How a value is read that a builder takes as this type. */
private val readers: Map<Class<*>, (Any) -> Any> = mapOf(
    String::class.java to { it },
    Boolean::class.java to { it },
    Int::class.java to { (it as Double).toInt() },
    Long::class.java to { (it as Double).toLong() },
    java.time.Duration::class.java to { duration(it).toJavaDuration() },
    ByteArray::class.java to { (it as String).toByteArray() },
    Map::class.java to { it },
    Collection::class.java to { names -> (names as List<*>).map { AuthType(it as String) } },
)

internal fun camelCase(name: String) = Regex("_(.)").replace(name) { it.groupValues[1].uppercase() }

/** Sets a builder's setting by the name that a vector has for it, by the method that Java has. */
internal fun set(builder: Any, name: String, value: Any) {
    val setter = builder.javaClass.methods.single { it.name == camelCase(name) && it.parameterTypes.singleOrNull() in readers }
    setter.invoke(builder, readers.getValue(setter.parameterTypes.single())(value))
}
