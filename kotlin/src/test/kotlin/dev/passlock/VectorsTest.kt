package dev.passlock

import dev.passlock.testing.parsed
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory

/** The contract as data: `tests/vectors/README.md` says how to read it. */
internal class VectorsTest : EmulatorTest() {
    private val runner by lazy { VectorRunner(emulator) }

    @TestFactory
    fun vectors(): List<DynamicTest> {
        val files = runner.folder.listFiles { file -> file.name.endsWith(".json") && !file.name.endsWith(".schema.json") }.orEmpty()
        val all = files.sorted().filter { it.name != "defaults.json" }.flatMap { (read(it)["vectors"] as List<*>).map(::fields) }
        val (ours, others) = all.partition { vector ->
            vector["only"]?.let { "kotlin" in fields(it)["languages"] as List<*> } ?: true
        }
        println("vectors of other languages, left out: " + others.joinToString { it["name"] as String })
        assertTrue(ours.size > 1000, "only ${ours.size} vectors were found")
        return ours.map { vector -> DynamicTest.dynamicTest(vector["name"] as String) { run(vector) } }
    }

    private fun run(vector: Fields) {
        val known = runner.known()
        runner.prepare(vector, known)
        val seen = runner.observe(vector, known)
        val expected = mutableMapOf<String, Any?>()
        vector["result"]?.let { expected["result"] = expand(it, known) }
        vector["error"]?.let { error ->
            val own = fields(expand(error, known))
            val message = seen.message.plain()
            (own["says"] as List<*>? ?: emptyList<Any>()).forEach { assertTrue(it.toString().plain() in message, "'$message' lacks '$it'") }
            own["quotes"]?.let { assertTrue(it.toString() in seen.message, "'${seen.message}' does not quote '$it'") }
            expected["error"] = fields(runner.defaults["error"]) + (own - "says" - "quotes")
        }
        seen.texts.forEach { assertTrue("canary" !in it, "a secret is in: $it") }
        val headers = fields(expand(runner.defaults["headers"], known))
        val problems = differences(expected, seen.outcome, "") + wire(expand(vector["wire"], known) as List<*>? ?: emptyList<Any>(), headers, seen.journal)
        assertTrue(problems.isEmpty(), problems.joinToString("\n"))
    }

    private fun wire(expected: List<*>, usual: Fields, journal: List<Fields>): List<String> {
        if (journal.size != expected.size) return listOf("${journal.size} requests were seen, not ${expected.size}")
        return expected.zip(journal).flatMapIndexed { index, (request, seen) ->
            val (want, got) = fields(request) to seen
            val headers = usual + fields(want["headers"] ?: emptyMap<String, Any>())
            val body = (got["body"] as String).ifEmpty { null }?.let(::parsed)
            val has = mapOf("method" to got["method"], "path" to got["path"], "body" to body, "headers" to headers.mapValues { fields(got["headers"])[it.key] })
            val gap = if (index == 0) 0.0 else (got["atMillis"] as Double - journal[index - 1]["endedAtMillis"] as Double) / 1000
            differences(mapOf("method" to want["method"], "path" to want["path"], "body" to want["body"], "headers" to headers), has, "request $index") +
                listOf("request $index: the gap is $gap s").filter { gap < want["gap"] as Double? ?: 0.0 }
        }
    }
}
