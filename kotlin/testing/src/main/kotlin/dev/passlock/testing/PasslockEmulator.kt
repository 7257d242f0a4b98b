package dev.passlock.testing

import dev.passlock.AuthType
import dev.passlock.Operation
import dev.passlock.PasslockOptions
import dev.passlock.User
import kotlin.time.Duration
import kotlin.time.DurationUnit
import kotlin.time.toKotlinDuration

/**
 * The Passlock API on this machine, for tests: starts, controls and stops the program `passlock-cli emulate`.
 *
 * The program comes from the artifact `passlock-cli`; without one for this platform it is the one that the `PASSLOCK_CLI`
 * environment variable names, or else the one on the `PATH`.
 *
 * ```
 * PasslockEmulator.start().use { emulator ->
 *     val user = emulator.addUser("ada@example.com")
 *     val token = emulator.issueToken(user.sub)
 *     PasslockClient(emulator.options().build()).use { it.exchangeToken(token) }
 * }
 * ```
 */
public class PasslockEmulator private constructor(private val program: Program) : AutoCloseable {
    /** Where it listens: the client's `endpoint` setting. */
    public val endpoint: String = program["endpoint"]

    /** The tenancy that it serves. */
    public val tenancyId: String = program["tenancyId"]

    /** The API key that it accepts. */
    public val apiKey: String = program["apiKey"]

    /** Settings with which a client reaches this emulator. */
    public fun options(): PasslockOptions.Builder =
        PasslockOptions.builder().endpoint(endpoint).tenancyId(tenancyId).apiKey(apiKey)

    /** Adds a user. If [sub] is omitted, one is generated. No two users share an email address or a `sub`. */
    @JvmOverloads
    public fun addUser(
        email: String,
        sub: String? = null,
        givenName: String? = null,
        familyName: String? = null,
        emailVerified: Boolean = false,
    ): User {
        val fields = given(
            "email" to email, "sub" to sub, "givenName" to givenName, "familyName" to familyName,
            "emailVerified" to emailVerified,
        )
        val user = post("users", fields)["user"] as Map<*, *>
        return User(
            sub = user["sub"] as String,
            email = user["email"] as String,
            givenName = user["givenName"] as String?,
            familyName = user["familyName"] as String?,
            emailVerified = user["emailVerified"] == true,
        )
    }

    /** Issues a token, as a browser gets it after this user logs in. It expires after [ttlSeconds]. */
    @JvmOverloads
    public fun issueToken(
        sub: String,
        authType: AuthType = AuthType.PASSKEY,
        userVerified: Boolean = true,
        ttlSeconds: Long = 360,
        singleUse: Boolean = false,
    ): String {
        val fields = given(
            "sub" to sub, "authType" to authType.value, "userVerified" to userVerified, "ttlSeconds" to ttlSeconds,
            "singleUse" to singleUse,
        )
        return post("tokens", fields)["token"] as String
    }

    /**
     * Injects a fault into the next requests, such as `fault("status", mapOf("status" to 503))`.
     * [The emulator's manual](https://github.com/passlock-dev/passlock-sdk/blob/main/crates/passlock-emulator/CONTROL.md)
     * lists the kinds of faults and their [fields].
     *
     * @param times how many requests it applies to
     * @param operation the only operation it applies to
     * @param apply whether the operation is carried out before the fault
     * @param method the only method it applies to
     */
    @JvmOverloads
    public fun fault(
        kind: String,
        fields: Map<String, Any?> = emptyMap(),
        times: Int = 1,
        operation: Operation? = null,
        apply: Boolean = false,
        method: String? = null,
    ) {
        val rule = given("times" to times, "operation" to operation?.code, "apply" to apply, "method" to method)
        post("faults", rule + ("fault" to mapOf("kind" to kind) + fields))
    }

    /**
     * Sets how the emulator behaves where Passlock's documentation leaves it open. Arguments that are null change nothing.
     *
     * @param patchAnswer the form of the response to an update: `wrapped`, `bare` or `empty`
     * @param legacyFields whether a principal has the fields that only Passlock's own clients need
     */
    @JvmOverloads
    public fun configure(patchAnswer: String? = null, legacyFields: Boolean? = null) {
        post("behaviour", given("patchAnswer" to patchAnswer, "legacyFields" to legacyFields))
    }

    /** Ages the existing tokens. */
    @JvmSynthetic
    public fun advance(by: Duration) {
        post("clock", mapOf("advanceSeconds" to by.toDouble(DurationUnit.SECONDS)))
    }

    /** Ages the existing tokens. */
    public fun advance(by: java.time.Duration): Unit = advance(by.toKotlinDuration())

    /** The last 10,000 requests to the API, oldest first. */
    public fun journal(): List<JournalEntry> {
        val journal = program.request("GET", "journal", null)
        return (journal["requests"] as List<*>).map { JournalEntry(it as Map<*, *>) }
    }

    /** Resets everything to its initial state. */
    public fun reset() {
        post("reset", emptyMap())
    }

    /** Stops it. Stopping again does nothing. */
    public fun stop(): Unit = program.stop()

    /** [Stops][stop] it. */
    override fun close(): Unit = stop()

    /** Sends a command from the emulator's manual to the control API, and returns the response. */
    internal fun post(what: String, body: Map<String, Any?>): Map<*, *> = program.request("POST", what, body)

    public companion object {
        /**
         * Starts an emulator on a free port. It runs until it is stopped, or this process ends.
         *
         * @throws EmulatorException if the program is missing, is not ready within 10 seconds, or is a different program of
         * that name
         */
        @JvmStatic
        @JvmOverloads
        public fun start(tenancyId: String? = null, apiKey: String? = null): PasslockEmulator {
            val arguments = mutableListOf<String>()
            tenancyId?.let { arguments += listOf("--tenancy-id", it) }
            apiKey?.let { arguments += listOf("--api-key", it) }
            return PasslockEmulator(Program.start(arguments))
        }

        private fun given(vararg fields: Pair<String, Any?>): Map<String, Any?> = fields.filter { it.second != null }.toMap()
    }
}
