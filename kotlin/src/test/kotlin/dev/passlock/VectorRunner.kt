package dev.passlock

import dev.passlock.testing.PasslockEmulator
import dev.passlock.testing.json
import dev.passlock.testing.parsed
import java.io.File
import java.lang.reflect.InvocationTargetException
import java.net.InetAddress
import java.net.ServerSocket
import java.time.Instant
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn
import kotlin.time.DurationUnit

/** What was seen of a vector. */
internal class Observation(val outcome: Fields, val message: String, val texts: List<String>, val journal: List<Fields>)

/** Runs vectors against an emulator: `tests/vectors/README.md` says how. */
internal class VectorRunner(private val emulator: PasslockEmulator) {
    val folder = File("../../tests/vectors")
    val defaults = read(File(folder, "defaults.json"))
    private val silent = ServerSocket(0, 50, InetAddress.getLoopbackAddress())

    /** What placeholders stand for, until the emulator makes more up. */
    fun known(): MutableMap<String, Any?> = mutableMapOf(
        "endpoint" to emulator.endpoint, "port" to emulator.endpoint.substringAfterLast(':'),
        "user_agent" to "passlock-kotlin/${packageVersion()}", "silent" to silent.localPort,
    )

    /** Resets the emulator, and tells it what a vector says. */
    fun prepare(vector: Fields, known: MutableMap<String, Any?>) {
        emulator.reset()
        for (step in vector["server"] as List<*>? ?: emptyList<Any>()) {
            val (what, body) = fields(expand(step, known)).entries.single()
            val answer = emulator.post(what, fields(body))
            if (what == "tokens") known += mapOf("token" to answer["token"], "exp" to answer["exp"])
        }
    }

    /** Makes the client and the call. */
    fun observe(vector: Fields, known: Fields): Observation {
        val settings = fields(expand(fields(defaults["settings"]) + fields(vector["settings"] ?: emptyMap<String, Any>()), known))
        val now = if ("now" in vector) vector["now"] else defaults["now"]
        val seen = try {
            val client = PasslockClient {
                environment(fields(expand(vector["environment"] ?: emptyMap<String, Any>(), known)).mapValues { it.value as String })
                now?.let { now(Instant.ofEpochMilli(Math.round(it as Double * 1000))) }
                settings.forEach { (name, value) -> if (value != null) set(this, name, value) }
            }
            client.use { call(it, fields(expand(vector["call"], known))) }
        } catch (error: PasslockException) {
            error
        }
        val journal = emulator.journal().map { fields(it.fields) }
        return when (seen) {
            is PasslockException -> Observation(mapOf("error" to described(seen)), seen.message.orEmpty(), listOf(seen.stackTraceToString()), journal)
            else -> Observation(mapOf("result" to described(seen)), "", listOf(seen.toString()), journal)
        }
    }

    private fun call(client: PasslockClient, call: Fields): Any {
        val options = CallOptions { fields(call["options"] ?: emptyMap<String, Any>()).forEach { (name, value) -> set(this, name, value!!) } }
        if (call["operation"] == "construct") return client
        val update = call["update"]?.let(::fields)?.let { fields ->
            UserUpdate(fields["given_name"] as String?, fields["family_name"] as String?, fields["email_verified"] as Boolean?)
        }
        val arguments = listOfNotNull(call["token"] ?: call["sub"], update, options)
        return carryOut(client, camelCase(call["operation"] as String), arguments)
    }

    /** Calls the suspend function of this name, which has one parameter more for Java. */
    private fun carryOut(client: PasslockClient, name: String, arguments: List<Any>): Any = within {
        val operation = client.javaClass.methods.single { it.name == name && it.parameterCount == arguments.size + 1 }
        suspendCoroutineUninterceptedOrReturn<Any> { continuation ->
            try {
                operation.invoke(client, *arguments.toTypedArray(), continuation)
            } catch (thrown: InvocationTargetException) {
                throw thrown.targetException
            }
        }
    }

    private fun described(value: Any): Fields {
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
                    "detail" to detail, "request_id" to requestId,
                    // What is longer than any Duration is infinite here, which JSON can not say.
                    "retry_after" to retryAfter?.toDouble(DurationUnit.SECONDS)?.coerceAtMost(Double.MAX_VALUE),
                    "attempts" to attempts.toDouble(), "retryable" to isRetryable, "limit" to limit?.code, "claim" to claim?.code,
                    "hint" to hint?.code, "applied" to isApplied, "suggested_status" to suggestedStatus.toDouble(),
                    "is_login_refused" to isLoginRefused,
                )
            }
            else -> emptyMap()
        }
    }

    companion object {
        /** Stays up: reads a vector a line, and writes what was seen of it, a line too. */
        @JvmStatic
        fun main(args: Array<String>) = PasslockEmulator.start("tenancy-1", KEY).use { emulator ->
            val runner = VectorRunner(emulator)
            for (line in generateSequence(::readLine)) {
                val known = runner.known()
                println(json(runner.answer(fields(parsed(line)), known) + mapOf("known" to known)))
            }
        }
    }

    private fun answer(vector: Fields, known: MutableMap<String, Any?>): Fields {
        try {
            prepare(vector, known)
        } catch (error: IllegalArgumentException) {
            return mapOf("broken" to error.message)
        }
        return try {
            observe(vector, known).run { mapOf("outcome" to outcome, "message" to message, "texts" to texts, "journal" to journal) }
        } catch (error: Exception) {
            // What is no PasslockException is no answer to any vector.
            mapOf("outcome" to mapOf("raised" to error.stackTraceToString()))
        }
    }
}
