package dev.passlock.testing

/** As much JSON as the emulator's control API needs, so that the package needs no library for it. */
internal object Json {
    /** Numbers become [Double], objects maps in their order. */
    fun parse(text: String): Any? = Reader(text).whole()

    fun write(value: Any?): String = StringBuilder().also { append(it, value) }.toString()

    private fun append(out: StringBuilder, value: Any?) {
        when (value) {
            null, is Boolean -> out.append(value)
            // A whole number without a fraction: the emulator counts in integers.
            is Double -> out.append(if (value % 1 == 0.0) value.toLong().toString() else value.toString())
            is Number -> out.append(value)
            is Map<*, *> -> join(out, '{', value.entries, '}') { (name, field) ->
                append(out, name as String)
                out.append(':')
                append(out, field)
            }
            is Iterable<*> -> join(out, '[', value, ']') { append(out, it) }
            else -> {
                out.append('"')
                value.toString().forEach { unit ->
                    if (unit == '"' || unit == '\\' || unit < ' ') out.append("\\u%04x".format(unit.code)) else out.append(unit)
                }
                out.append('"')
            }
        }
    }

    private fun <T> join(out: StringBuilder, open: Char, items: Iterable<T>, close: Char, each: (T) -> Unit) {
        out.append(open)
        items.forEachIndexed { index, item ->
            if (index > 0) out.append(',')
            each(item)
        }
        out.append(close)
    }

    private class Reader(private val text: String) {
        private var at = 0

        fun whole(): Any? = value().also {
            space()
            check(at == text.length) { "JSON goes on where it should end" }
        }

        private fun value(): Any? {
            space()
            return when (peek()) {
                '{' -> map()
                '[' -> list()
                '"' -> string()
                't' -> word("true", true)
                'f' -> word("false", false)
                'n' -> word("null", null)
                else -> number()
            }
        }

        private fun map(): Map<String, Any?> = LinkedHashMap<String, Any?>().also { map ->
            items('}') {
                space()
                val name = string()
                space()
                expect(':')
                map[name] = value()
            }
        }

        private fun list(): List<Any?> = ArrayList<Any?>().also { list -> items(']') { list += value() } }

        private fun items(close: Char, item: () -> Unit) {
            at++
            space()
            if (peek() == close) {
                at++
                return
            }
            while (true) {
                item()
                space()
                if (peek() == close) break
                expect(',')
            }
            at++
        }

        private fun string(): String {
            expect('"')
            val out = StringBuilder()
            while (peek() != '"') out.append(if (peek() == '\\') escape() else text[at++])
            at++
            return out.toString()
        }

        private fun escape(): Char {
            at++
            return when (val letter = text[at++]) {
                'b' -> '\b'
                'f' -> '\u000C'
                'n' -> '\n'
                'r' -> '\r'
                't' -> '\t'
                'u' -> text.substring(at, at + 4).toInt(16).toChar().also { at += 4 }
                else -> letter
            }
        }

        private fun <T> word(word: String, value: T): T {
            check(text.startsWith(word, at)) { "JSON has an unknown word" }
            at += word.length
            return value
        }

        private fun number(): Double {
            val start = at
            while (at < text.length && text[at] in "+-.eE0123456789") at++
            return text.substring(start, at).toDouble()
        }

        private fun expect(unit: Char) = check(peek() == unit) { "JSON lacks '$unit'" }.also { at++ }

        private fun peek(): Char {
            check(at < text.length) { "JSON ends too early" }
            return text[at]
        }

        private fun space() {
            while (at < text.length && text[at] in " \t\r\n") at++
        }
    }
}
