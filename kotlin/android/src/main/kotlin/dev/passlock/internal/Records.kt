package dev.passlock.internal

import dev.passlock.AuthType
import dev.passlock.Principal
import dev.passlock.User
import dev.passlock.internal.uniffi.NativeOptions
import dev.passlock.internal.uniffi.NativePrincipal
import dev.passlock.internal.uniffi.NativeRequest
import dev.passlock.internal.uniffi.NativeUser
import dev.passlock.internal.uniffi.NativeValue
import java.time.Instant

// The generated records, and what they stand for.

internal fun Settings.asOptions(environment: Map<String, String>) =
    NativeOptions(named = texts, authTypes = authTypes?.asList(), caCertificates = caCertificates, environment = environment)

internal fun Request.asNative() = NativeRequest(
    operation = operation.code,
    argument = argument,
    fields = fields.texts,
    named = options.texts,
    authTypes = options.authTypes?.asList(),
)

internal fun NativeValue.asModel(): Any = when (this) {
    is NativeValue.Principal -> principal.asModel()
    is NativeValue.User -> user.asModel()
}

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
