package dev.passlock.testing

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** Plain maps, lists, texts, numbers and booleans as JSON. */
internal fun json(value: Any?): JsonElement = when (value) {
    null -> JsonNull
    is JsonElement -> value
    is Boolean -> JsonPrimitive(value)
    // A whole number without a fraction: the emulator counts in integers.
    is Double -> if (value % 1 == 0.0) JsonPrimitive(value.toLong()) else JsonPrimitive(value)
    is Number -> JsonPrimitive(value)
    is Map<*, *> -> JsonObject(value.entries.associate { (name, field) -> name as String to json(field) })
    is Iterable<*> -> JsonArray(value.map(::json))
    else -> JsonPrimitive(value.toString())
}

/** Reads JSON as plain values: numbers become [Double], objects maps in their order. */
internal fun parsed(text: String): Any? = plain(Json.parseToJsonElement(text))

private fun plain(element: JsonElement): Any? = when (element) {
    is JsonNull -> null
    is JsonPrimitive -> element.content.let { if (element.isString) it else it.toBooleanStrictOrNull() ?: it.toDouble() }
    is JsonArray -> element.map(::plain)
    is JsonObject -> element.mapValues { plain(it.value) }
}
