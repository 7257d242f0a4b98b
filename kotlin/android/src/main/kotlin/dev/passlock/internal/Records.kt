package dev.passlock.internal

import dev.passlock.AuthType
import dev.passlock.Principal
import dev.passlock.User
import dev.passlock.internal.uniffi.NativeCallOptions
import dev.passlock.internal.uniffi.NativeFailure
import dev.passlock.internal.uniffi.NativeOptions
import dev.passlock.internal.uniffi.NativePrincipal
import dev.passlock.internal.uniffi.NativeUser
import java.time.Instant

// The generated records, and what they stand for.

internal fun Settings.asOptions(environment: Map<String, String>) = NativeOptions(
    tenancyId = given("tenancyId"),
    apiKey = given("apiKey"),
    endpoint = given("endpoint"),
    allowHttp = given("allowHttp"),
    timeout = given("timeout"),
    attemptTimeout = given("attemptTimeout"),
    connectTimeout = given("connectTimeout"),
    maxRetries = given<Number>("maxRetries")?.toLong(),
    maxResponseBytes = given<Number>("maxResponseBytes")?.toLong(),
    proxy = given("proxy"),
    caCertificates = caCertificates,
    leeway = given("leeway"),
    verifyClaims = given("verifyClaims"),
    issuer = given("issuer"),
    requireUserVerified = given("requireUserVerified"),
    authTypes = authTypes?.asList(),
    environment = environment,
    fixedNow = given("fixedNow"),
)

internal fun Settings.asCallOptions() = NativeCallOptions(
    timeout = given("timeout"),
    issuer = given("issuer"),
    requireUserVerified = given("requireUserVerified"),
    authTypes = authTypes?.asList(),
)

@Suppress("UNCHECKED_CAST")
private fun <T> Settings.given(name: String): T? = this[name] as T?

internal fun NativePrincipal.asModel() = Principal(
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

internal fun NativeUser.asModel() = User(sub, email, givenName, familyName, emailVerified)

internal fun NativeFailure.asFields() = ErrorFields.of(
    kind = kind,
    message = message,
    operation = operation,
    status = status?.toInt(),
    tag = tag,
    detail = detail,
    requestId = requestId,
    retryAfter = retryAfter,
    attempts = attempts.toInt(),
    retryable = retryable,
    limit = limit,
    claim = claim,
    hint = hint,
    applied = applied,
    cause = underlying,
)
