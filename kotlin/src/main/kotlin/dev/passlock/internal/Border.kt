/** The two sides of the border to the native library: what is asked of it, and what becomes of its answers. */

package dev.passlock.internal

import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import dev.passlock.AuthType
import dev.passlock.CallOptions
import dev.passlock.Operation
import dev.passlock.PasslockException
import dev.passlock.PasslockOptions
import dev.passlock.Principal
import dev.passlock.User
import dev.passlock.UserUpdate
import dev.passlock.internal.ffi.NativeCallOptions
import dev.passlock.internal.ffi.NativeClient
import dev.passlock.internal.ffi.NativeException
import dev.passlock.internal.ffi.NativeOptions
import dev.passlock.internal.ffi.NativePrincipal
import dev.passlock.internal.ffi.NativeUser
import dev.passlock.internal.ffi.NativeUserUpdate
import dev.passlock.internal.ffi.environmentVariables
import dev.passlock.internal.ffi.notUnicode
import dev.passlock.internal.ffi.uniffiRustFutureContinuationCallbackImpl
import java.time.Instant
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.cancellation.CancellationException
import kotlin.coroutines.coroutineContext
import kotlin.time.Duration
import kotlin.time.DurationUnit
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext

private const val PACKAGE = "passlock-kotlin"

/** All settings left to the environment and the defaults. */
internal val NO_SETTINGS = NativeOptions(
    tenancyId = null,
    apiKey = null,
    endpoint = null,
    allowHttp = null,
    timeout = null,
    attemptTimeout = null,
    connectTimeout = null,
    maxRetries = null,
    maxResponseBytes = null,
    proxy = null,
    caCertificates = null,
    leeway = null,
    verifyClaims = null,
    issuer = null,
    requireUserVerified = null,
    authTypes = null,
    environment = emptyMap(),
    fixedNow = null,
)

internal fun Duration.inSeconds(): Double = toDouble(DurationUnit.SECONDS)

/** Makes a native client, once it is known that there is a native library. */
internal fun open(options: PasslockOptions): NativeClient {
    nativeLibrary()
    keepThreadsAttached
    val given = options.native
    requireUnicode(given.tenancyId, "tenancyId", null)
    requireUnicode(given.apiKey, "apiKey", null)
    requireUnicode(given.endpoint, "endpoint", null)
    requireUnicode(given.proxy, "proxy", null)
    requireUnicode(given.issuer, "issuer", null)
    given.authTypes?.forEach { requireUnicode(it, "authTypes", null) }
    val environment = options.environment ?: variables()
    // One that can't cross can be no setting either.
    return converting { NativeClient(given.copy(environment = environment.filterValues(::isUnicode)), PACKAGE) }
}

private fun variables(): Map<String, String> =
    environmentVariables().mapNotNull { name -> System.getenv(name)?.let { name to it } }.toMap()

/**
 * Runs a call, and makes its failure an exception of ours.
 *
 * A coroutine without a dispatcher would go on, when the call has ended, on the thread of the native library that ended it.
 * Those threads are few and do the I/O of all calls, so the caller's code must not run there: such a coroutine goes on on
 * the default dispatcher instead.
 */
internal suspend fun <T> calling(
    operation: Operation,
    options: CallOptions,
    call: suspend (NativeCallOptions) -> T,
): T {
    val context = coroutineContext
    context.ensureActive()
    requireUnicode(options.native.issuer, "issuer", operation)
    options.native.authTypes?.forEach { requireUnicode(it, "authTypes", operation) }
    val dispatcher = context[ContinuationInterceptor] as? CoroutineDispatcher
    return if (dispatcher != null && dispatcher.isDispatchNeeded(context)) {
        converting { call(options.native) }
    } else {
        withContext(Dispatchers.Default) { converting { call(options.native) } }
    }
}

internal inline fun <T> converting(work: () -> T): T = try {
    work()
} catch (failed: NativeException.Failed) {
    throw PasslockException.of(failed.failure.fields())
} catch (_: NativeException.Cancelled) {
    throw CancellationException("the call was cancelled")
}

/**
 * Refuses half a surrogate pair, which is text in Java but not in UTF-8.
 *
 * @param operation the operation whose parameter it is; null for a setting of a client
 */
internal fun requireUnicode(text: String?, name: String, operation: Operation?) {
    if (text != null && !isUnicode(text)) throw PasslockException.of(notUnicode(name, operation?.code).fields())
}

private fun isUnicode(text: String): Boolean {
    var index = 0
    while (index < text.length) {
        val unit = text[index++]
        if (!unit.isSurrogate()) continue
        if (!unit.isHighSurrogate() || index == text.length || !text[index++].isLowSurrogate()) return false
    }
    return true
}

/** The update as it crosses. */
internal fun UserUpdate.changes(): NativeUserUpdate {
    requireUnicode(givenName, "givenName", Operation.UPDATE_USER)
    requireUnicode(familyName, "familyName", Operation.UPDATE_USER)
    return NativeUserUpdate(givenName, familyName, emailVerified)
}

internal fun NativePrincipal.principal(): Principal = Principal(
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

internal fun NativeUser.user(): User = User(sub, email, givenName, familyName, emailVerified)

/** By default JNA makes and forgets a Java thread each time a native thread calls back; ours are two, and stay. */
private val keepThreadsAttached: Unit by lazy {
    Native.setCallbackThreadInitializer(
        uniffiRustFutureContinuationCallbackImpl,
        CallbackThreadInitializer(true, false, "passlock"),
    )
}
