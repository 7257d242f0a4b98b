package dev.passlock.internal

import dev.passlock.AttemptReport
import dev.passlock.AuthType
import dev.passlock.CallInfo
import dev.passlock.Principal
import dev.passlock.User
import dev.passlock.internal.uniffi.NativeAttempt
import dev.passlock.internal.uniffi.NativeObserved
import dev.passlock.internal.uniffi.NativeOptions
import dev.passlock.internal.uniffi.NativePrincipal
import dev.passlock.internal.uniffi.NativeRequest
import dev.passlock.internal.uniffi.NativeUser
import dev.passlock.internal.uniffi.NativeValue
import java.time.Instant
import kotlin.time.Duration.Companion.nanoseconds

// The generated records, and what they stand for.

internal fun Settings.asOptions(environment: Map<String, String>) =
    NativeOptions(
        named = texts,
        authTypes = authTypes?.asList(),
        caCertificates = caCertificates,
        headers = headers,
        environment = environment,
    )

internal fun Request.asNative() = NativeRequest(
    operation = operation,
    argument = argument,
    fields = fields.texts,
    named = options.texts,
    authTypes = options.authTypes?.asList(),
)

internal fun NativeValue.asModel(): Any = when (this) {
    is NativeValue.Principal -> principal.asModel()
    is NativeValue.User -> user.asModel()
    NativeValue.Done -> Done
}

internal fun NativeObserved.asModel() = Observed(
    outcome = value?.asModel() ?: failure?.let(ErrorFields::of) ?: ErrorFields.LOST,
    report = report.run {
        Report(
            info = CallInfo(attempts.toInt(), status?.toInt(), requestId, elapsed.nanoseconds),
            attempts = requests.map { it.asModel() },
            serverAddress = serverAddress,
            serverPort = serverPort.toInt(),
        )
    },
)

private fun NativeAttempt.asModel() = AttemptReport(
    method = method,
    route = route,
    begun = begun.nanoseconds,
    ended = ended.nanoseconds,
    status = status?.toInt(),
    errorType = errorType,
    resendCount = resends.toInt(),
    wait = wait?.nanoseconds,
    requestId = requestId,
)

private fun NativePrincipal.asModel() = Principal(
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
    emailVerified = emailVerified,
)

private fun NativeUser.asModel() = User(sub, email, givenName, familyName, emailVerified)
