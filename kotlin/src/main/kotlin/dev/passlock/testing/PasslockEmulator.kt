package dev.passlock.testing

import dev.passlock.AuthType
import dev.passlock.Operation
import dev.passlock.PasslockOptions
import dev.passlock.User
import java.io.File
import java.io.IOException
import java.net.HttpURLConnection
import java.net.URI
import java.util.concurrent.TimeUnit
import kotlin.time.Duration
import kotlin.time.DurationUnit
import kotlin.time.toKotlinDuration

/**
 * The Passlock API on this machine, for tests: the program `passlock emulate`, started, told what to do, and stopped.
 *
 * The program is found by the environment's `PASSLOCK_CLI`, then on the `PATH`.
 *
 * ```
 * PasslockEmulator.start().use { emulator ->
 *     val user = emulator.addUser("ada@example.com")
 *     val token = emulator.issueToken(user.sub)
 *     PasslockClient(emulator.options().build()).use { it.exchangeToken(token) }
 * }
 * ```
 */
public class PasslockEmulator private constructor(private val process: Process, ready: Map<*, *>) : AutoCloseable {
    /** Where it listens: the client's setting `endpoint`. */
    public val endpoint: String = ready["endpoint"] as String

    /** The tenancy that it serves. */
    public val tenancyId: String = ready["tenancyId"] as String

    /** The API key that it accepts. */
    public val apiKey: String = ready["apiKey"] as String

    private val control = ready["control"] as String

    /** Settings with which a client reaches this emulator. */
    public fun options(): PasslockOptions.Builder =
        PasslockOptions.builder().endpoint(endpoint).tenancyId(tenancyId).apiKey(apiKey)

    /** Adds a user. Without a [sub] it gets one. */
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

    /** Issues a token, as a browser gets it after a login of this user. */
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
     * Makes the next requests go wrong. The kinds of faults and their [fields] are in the emulator's manual, as in
     * `fault("status", mapOf("status" to 503))`.
     */
    @JvmOverloads
    public fun fault(
        kind: String,
        fields: Map<String, Any?> = emptyMap(),
        times: Int = 1,
        operation: Operation? = null,
        apply: Boolean = false,
    ) {
        val fault = mapOf("kind" to kind) + fields
        post("faults", given("fault" to fault, "times" to times, "operation" to operation?.code, "apply" to apply))
    }

    /** Ages the tokens that exist. */
    @JvmSynthetic
    public fun advance(by: Duration) {
        post("clock", mapOf("advanceSeconds" to by.toDouble(DurationUnit.SECONDS)))
    }

    /** Ages the tokens that exist. */
    public fun advance(by: java.time.Duration): Unit = advance(by.toKotlinDuration())

    /** The requests to the API so far. */
    public fun journal(): List<JournalEntry> {
        val journal = Json.parse(request("GET", "journal", null)) as Map<*, *>
        return (journal["requests"] as List<*>).map { JournalEntry(it as Map<*, *>) }
    }

    /** Makes everything as it was at the start. */
    public fun reset() {
        post("reset", emptyMap())
    }

    /** Stops it. Stopping again does nothing. */
    override fun close() {
        // It ends when its standard input does.
        try {
            process.outputStream.close()
        } catch (_: IOException) {
            // It has ended already.
        }
        if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly().waitFor()
    }

    /** Tells the control API something, by the emulator's manual, and gives its answer. */
    internal fun post(what: String, body: Map<String, Any?>): Map<*, *> =
        Json.parse(request("POST", what, Json.write(body))) as Map<*, *>

    private fun request(method: String, what: String, body: String?): String {
        val connection = URI("$control/$what").toURL().openConnection() as HttpURLConnection
        connection.requestMethod = method
        if (body != null) {
            connection.doOutput = true
            connection.setRequestProperty("Content-Type", "application/json")
            connection.outputStream.use { it.write(body.toByteArray()) }
        }
        if (connection.responseCode != 200) {
            val why = connection.errorStream?.use { it.readBytes().decodeToString() }
            throw IllegalArgumentException("the emulator refuses /$what: $why")
        }
        return connection.inputStream.use { it.readBytes().decodeToString() }
    }

    public companion object {
        /**
         * Starts an emulator on a free port.
         *
         * @throws IllegalStateException when the program is missing or does not start
         */
        @JvmStatic
        @JvmOverloads
        public fun start(tenancyId: String? = null, apiKey: String? = null): PasslockEmulator {
            val command = mutableListOf(program(), "emulate", "--json", "--exit-with-stdin")
            tenancyId?.let { command += listOf("--tenancy-id", it) }
            apiKey?.let { command += listOf("--api-key", it) }
            val process = try {
                ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start()
            } catch (error: IOException) {
                throw IllegalStateException(MISSING, error)
            }
            val line = process.inputStream.bufferedReader().readLine()
                ?: throw IllegalStateException("passlock emulate ended with status ${process.waitFor()} before it was ready")
            return PasslockEmulator(process, Json.parse(line) as Map<*, *>)
        }

        private const val MISSING =
            "the program passlock, which is the emulator, is neither named by PASSLOCK_CLI nor on the PATH; build it in a " +
                "checkout of the Passlock SDK with: cargo build -p passlock-cli"

        private fun program(): String {
            System.getenv("PASSLOCK_CLI")?.takeIf { it.isNotEmpty() }?.let { return it }
            return System.getenv("PATH").orEmpty().split(File.pathSeparator)
                .flatMap { folder -> listOf(File(folder, "passlock"), File(folder, "passlock.exe")) }
                .firstOrNull { it.isFile && it.canExecute() }?.path
                ?: throw IllegalStateException(MISSING)
        }

        private fun given(vararg fields: Pair<String, Any?>): Map<String, Any?> = fields.filter { it.second != null }.toMap()
    }
}

/** A request that an emulator has seen. */
public class JournalEntry internal constructor(@get:JvmSynthetic internal val fields: Map<*, *>) {
    /** The method. */
    public val method: String get() = fields["method"] as String

    /** The request target, exactly as on the wire. */
    public val path: String get() = fields["path"] as String

    /** The headers: names in lower case; the API key's value is hashed. */
    public val headers: Map<String, String>
        get() = (fields["headers"] as Map<*, *>).entries.associate { (name, value) -> name as String to value as String }

    /** The body, as text. */
    public val body: String get() = fields["body"] as String

    /** A number for each connection. */
    public val connection: Long get() = (fields["connection"] as Double).toLong()

    /** `pending`, `answered`, `clientClosed` or `faulted`. */
    public val outcome: String get() = fields["outcome"] as String

    /** The fault that it met. */
    public val fault: String? get() = fields["fault"] as String?

    /** Without the path, which may hold a token. */
    override fun toString(): String = "JournalEntry(method=$method, outcome=$outcome, connection=$connection, fault=$fault)"
}
