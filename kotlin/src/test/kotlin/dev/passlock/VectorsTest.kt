package dev.passlock

import dev.passlock.testing.parsed
import java.io.File
import java.net.InetAddress
import java.net.ServerSocket
import java.time.Instant
import kotlin.time.DurationUnit
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory

/** The contract as data: `tests/vectors/README.md` says how to read it. */
internal class VectorsTest : EmulatorTest() {
    private val folder = File("../../tests/vectors")
    private val defaults = read(File(folder, "defaults.json"))
    private val silent = ServerSocket(0, 50, InetAddress.getLoopbackAddress())
    private val refused = ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { it.localPort }

    @TestFactory
    fun vectors(): List<DynamicTest> {
        val files = folder.listFiles { file -> file.name.endsWith(".json") && !file.name.endsWith(".schema.json") }.orEmpty()
        val all = files.sorted().filter { it.name != "defaults.json" }.flatMap { (read(it)["vectors"] as List<*>).map(::fields) }
        val (ours, others) = all.partition { vector ->
            vector["only"]?.let { "kotlin" in fields(it)["languages"] as List<*> } ?: true
        }
        println("vectors of other languages, left out: " + others.joinToString { it["name"] as String })
        assertTrue(ours.size > 1000, "only ${ours.size} vectors were found")
        return ours.map { vector -> DynamicTest.dynamicTest(vector["name"] as String) { run(vector) } }
    }

    private fun run(vector: Fields) {
        emulator.reset()
        val known = mutableMapOf<String, Any?>(
            "endpoint" to emulator.endpoint, "port" to emulator.endpoint.substringAfterLast(':'),
            "user_agent" to "passlock-kotlin/${packageVersion()}", "refused" to refused, "silent" to silent.localPort,
        )
        for (step in vector["server"] as List<*>? ?: emptyList<Any>()) {
            val (what, body) = fields(expand(step, known)).entries.single()
            val answer = emulator.post(what, fields(body))
            if (what == "tokens") known += mapOf("token" to answer["token"], "exp" to answer["exp"])
        }
        val settings = fields(expand(fields(defaults["settings"]) + fields(vector["settings"] ?: emptyMap<String, Any>()), known))
        val now = if ("now" in vector) vector["now"] else defaults["now"]
        val seen = try {
            val client = PasslockClient {
                environment(fields(expand(vector["environment"] ?: emptyMap<String, Any>(), known)).mapValues { it.value as String })
                now?.let { now(Instant.ofEpochMilli(Math.round(it as Double * 1000))) }
                settings.forEach { (name, value) -> if (value != null) set(name, value) }
            }
            client.use { mapOf("result" to call(it, fields(expand(vector["call"], known)))) }
        } catch (error: PasslockException) {
            mapOf("error" to describe(error), "message" to error.message)
        }
        val expected = mutableMapOf<String, Any?>()
        vector["result"]?.let { expected["result"] = expand(it, known) }
        vector["error"]?.let { error ->
            val own = fields(expand(error, known))
            val message = seen["message"].toString().plain()
            (own["says"] as List<*>? ?: emptyList<Any>()).forEach { assertTrue(it.toString().plain() in message, "'$message' lacks '$it'") }
            own["quotes"]?.let { assertTrue(it.toString() in seen["message"].toString(), "'${seen["message"]}' does not quote '$it'") }
            expected["error"] = fields(defaults["error"]) + (own - "says" - "quotes")
        }
        val problems = differences(expected, seen - "message", "") + wire(expand(vector["wire"], known) as List<*>? ?: emptyList<Any>(), fields(expand(defaults["headers"], known)))
        assertTrue(problems.isEmpty(), problems.joinToString("\n"))
    }

    private fun call(client: PasslockClient, call: Fields): Any {
        val options = CallOptions { fields(call["options"] ?: emptyMap<String, Any>()).forEach { (name, value) -> set(name, value!!) } }
        val sub = call["sub"] as String?
        val result: Any = when (call["operation"]) {
            "exchange_token" -> within { client.exchangeToken(call["token"] as String, options) }
            "get_user" -> within { client.getUser(sub!!, options) }
            "update_user" -> fields(call["update"]).let { update ->
                val (given, family) = update["given_name"] as String? to update["family_name"] as String?
                within { client.updateUser(sub!!, UserUpdate(given, family, update["email_verified"] as Boolean?), options) }
            }
            else -> client
        }
        return described(result, result.toString())
    }

    private fun described(value: Any, text: String): Fields {
        assertTrue("canary" !in text, "a secret is in: $text")
        fun seconds(time: Instant) = time.toEpochMilli() / 1000.0
        return when (value) {
            is Principal -> value.run {
                mapOf(
                    "iss" to iss, "aud" to aud, "sub" to sub, "iat" to seconds(iat), "nbf" to seconds(nbf), "exp" to seconds(exp),
                    "jti" to jti, "token" to token, "user_verified" to userVerified, "auth_type" to authType.value,
                    "auth_id" to authId, "given_name" to givenName, "family_name" to familyName, "email" to email,
                    "email_verified" to emailVerified,
                )
            }
            is User -> value.run {
                mapOf("sub" to sub, "email" to email, "given_name" to givenName, "family_name" to familyName, "email_verified" to emailVerified)
            }
            is PasslockException -> value.run {
                mapOf(
                    "kind" to kind.code, "operation" to operation?.code, "status" to status?.toDouble(), "tag" to tag,
                    "detail" to detail, "request_id" to requestId, "retry_after" to retryAfter?.toDouble(DurationUnit.SECONDS),
                    "attempts" to attempts.toDouble(), "retryable" to isRetryable, "limit" to limit?.code, "claim" to claim?.code,
                    "hint" to hint?.code, "applied" to isApplied,
                )
            }
            else -> emptyMap()
        }
    }

    private fun describe(error: PasslockException) = described(error, error.stackTraceToString())

    private fun wire(expected: List<*>, usual: Fields): List<String> {
        val journal = emulator.journal().map { it.fields }
        if (journal.size != expected.size) return listOf("${journal.size} requests were seen, not ${expected.size}")
        return expected.zip(journal).flatMapIndexed { index, (request, seen) ->
            val (want, got) = fields(request) to fields(seen)
            val headers = usual + fields(want["headers"] ?: emptyMap<String, Any>())
            val body = (got["body"] as String).ifEmpty { null }?.let(::parsed)
            val has = mapOf("method" to got["method"], "path" to got["path"], "body" to body, "headers" to headers.mapValues { fields(got["headers"])[it.key] })
            val gap = if (index == 0) 0.0 else (got["atMillis"] as Double - journal[index - 1]["endedAtMillis"] as Double) / 1000
            differences(mapOf("method" to want["method"], "path" to want["path"], "body" to want["body"], "headers" to headers), has, "request $index") +
                listOf("request $index: the gap is $gap s").filter { gap < want["gap"] as Double? ?: 0.0 }
        }
    }
}
