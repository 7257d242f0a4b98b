package dev.passlock.internal

import dev.passlock.AttemptReport
import dev.passlock.AuthType
import dev.passlock.CallInfo
import dev.passlock.PasslockException
import dev.passlock.Principal
import dev.passlock.User
import java.time.Instant
import kotlin.time.Duration.Companion.nanoseconds

/**
 * The functions of the native library (`bindings/jni`), and those that it calls: it finds them by their names and types.
 *
 * Clients and calls are numbers there. Settings are names and values that take turns.
 */
@Suppress("unused", "LongParameterList")
internal object Native {
    /** Opens a client, and returns its number. */
    @JvmStatic
    @Throws(PasslockException::class)
    external fun open(
        settings: Array<String>,
        authTypes: Array<String>?,
        caCertificates: ByteArray?,
        headers: Array<String>?,
        environment: Array<String>,
    ): Long

    /** Closes a client: calls in flight finish, later ones fail. */
    @JvmStatic
    external fun close(client: Long)

    /** Begins a call under a number that no call in flight has; its outcome comes by one of the functions below. [Detail] is told by its place. */
    @JvmStatic
    external fun begin(
        call: Long,
        client: Long,
        operation: String,
        argument: String,
        fields: Array<String>?,
        settings: Array<String>?,
        authTypes: Array<String>?,
        detail: Int,
    )

    /** Ends a call: its connection closes, and no outcome comes. One that has ended is left alone. */
    @JvmStatic
    external fun cancel(call: Long)

    /** Carries all calls on, for a second or until there is nothing left to do. */
    @JvmStatic
    external fun drive()

    /** Frees what [drive] needs, if no client is open and no call in flight; whether it did. */
    @JvmStatic
    external fun stop(): Boolean

    /** The version of the SDK. */
    @JvmStatic
    external fun version(): String

    /** The environment variables that settings may come from. */
    @JvmStatic
    external fun environmentVariables(): Array<String>

    /** Every code that a failure may carry: kinds, those of them that stand for an answer, operations, limits, claims, hints. */
    @JvmStatic
    external fun codes(): Array<Array<String>>

    /** What is known of a failure on this side: names and values that take turns. */
    @JvmStatic
    external fun failure(kind: String, operation: String?, tag: String?, hint: String?, message: String): Array<String>

    /** A call has ended with a principal. An `emailVerified` of -1 means null. */
    @JvmStatic
    fun principal(
        call: Long,
        iss: String,
        aud: String,
        sub: String,
        iat: Long,
        nbf: Long,
        exp: Long,
        jti: String,
        token: String,
        userVerified: Boolean,
        authType: String,
        authId: String,
        givenName: String?,
        familyName: String?,
        email: String?,
        emailVerified: Int,
    ): Unit = Bridge.complete(
        call,
        Principal(
            iss = iss,
            aud = aud,
            sub = sub,
            iat = Instant.ofEpochMilli(iat),
            nbf = Instant.ofEpochMilli(nbf),
            exp = Instant.ofEpochMilli(exp),
            jti = jti,
            token = token,
            userVerified = userVerified,
            authType = AuthType(authType),
            authId = authId,
            givenName = givenName,
            familyName = familyName,
            email = email,
            emailVerified = if (emailVerified < 0) null else emailVerified > 0,
        ),
    )

    /** A call has ended with a user. */
    @JvmStatic
    fun user(
        call: Long,
        sub: String,
        email: String,
        givenName: String?,
        familyName: String?,
        emailVerified: Boolean,
    ): Unit = Bridge.complete(call, User(sub, email, givenName, familyName, emailVerified))

    /** A call has ended, and gives nothing. */
    @JvmStatic
    fun done(call: Long): Unit = Bridge.complete(call, Done)

    /**
     * How a call went, where that was asked for: its outcome comes next. Of each request there are four texts (method, route,
     * error, request id) and five numbers (begun, ended, status, wait, resends). Times are nanoseconds; a number of -1 means null.
     */
    @JvmStatic
    fun report(
        call: Long,
        attempts: Int,
        status: Int,
        requestId: String?,
        elapsed: Long,
        serverAddress: String,
        serverPort: Int,
        texts: Array<String?>,
        numbers: LongArray,
    ) {
        val requests = List(numbers.size / 5) { at ->
            val (method, route, errorType, request) = texts.asList().subList(4 * at, 4 * at + 4)
            val (begun, ended, answered, wait, resends) = numbers.asList().subList(5 * at, 5 * at + 5)
            AttemptReport(
                method = method!!,
                route = route!!,
                begun = begun.nanoseconds,
                ended = ended.nanoseconds,
                status = answered.toInt().takeIf { it >= 0 },
                errorType = errorType,
                resendCount = resends.toInt(),
                wait = wait.takeIf { it >= 0 }?.nanoseconds,
                requestId = request,
            )
        }
        val info = CallInfo(attempts, status.takeIf { it >= 0 }, requestId, elapsed.nanoseconds)
        Bridge.report(call, Report(info, requests, serverAddress, serverPort))
    }

    /** A call has failed. */
    @JvmStatic
    fun failed(call: Long, fields: Array<String>): Unit = Bridge.complete(call, ErrorFields.of(pairs(fields)))

    /** A call has ended, and its outcome could not be made. */
    @JvmStatic
    fun lost(call: Long): Unit = Bridge.complete(call, ErrorFields.LOST)

    /** What the native library is to throw. */
    @JvmStatic
    fun exception(fields: Array<String>): PasslockException = PasslockException.of(ErrorFields.of(pairs(fields)))

    /** Names and values that take turns. */
    fun pairs(texts: Array<String>): Map<String, String> =
        (texts.indices step 2).associate { at -> texts[at] to texts[at + 1] }
}
