package dev.passlock.internal

import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import dev.passlock.ErrorKind
import dev.passlock.PasslockException
import dev.passlock.internal.uniffi.NativeCancel
import dev.passlock.internal.uniffi.NativeDetail
import dev.passlock.internal.uniffi.NativeException
import dev.passlock.internal.uniffi.NativePackage
import dev.passlock.internal.uniffi.uniffiRustFutureContinuationCallbackImpl
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.ThreadPoolExecutor
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.launch
import dev.passlock.internal.uniffi.NativeClient as Generated
import dev.passlock.internal.uniffi.codes as generatedCodes
import dev.passlock.internal.uniffi.environmentVariables as generatedEnvironmentVariables
import dev.passlock.internal.uniffi.failure as generatedFailure
import dev.passlock.internal.uniffi.version as generatedVersion

/** The bridge by uniffi, which generates `dev.passlock.internal.uniffi` from the exports that Swift uses, too. */
internal object Bridge : NativeLibrary {
    /**
     * Why there is no native library. Found out once, by one thread: see [load]. Trying again would be in vain: the JVM does not
     * repeat what initializes a class, and JNA and the generated code load theirs there.
     */
    private val failure: Throwable? by lazy {
        try {
            load()
            null
        } catch (error: LinkageError) {
            error
        } catch (error: RuntimeException) {
            error
        }
    }

    /** The thread that carries calls on. It ends when there was nothing to do for a while. */
    private val carrier = ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, LinkedBlockingQueue()) { ownThread("passlock", work = it) }
        .apply { allowCoreThreadTimeOut(true) }

    val calls = CoroutineScope(SupervisorJob() + carrier.asCoroutineDispatcher())
    val inFlight = AtomicInteger()

    /** Shared by all calls and never used: a call is cancelled by its coroutine, which drops what it is in Rust. */
    val never: NativeCancel by lazy { NativeCancel() }

    override fun open(settings: Settings, environment: Map<String, String>): NativeClient {
        requireLibrary()
        return UniffiClient(orThrow { Generated(settings.asOptions(environment), NativePackage.KOTLIN) })
    }

    override fun environmentVariables(): List<String> {
        requireLibrary()
        return generatedEnvironmentVariables()
    }

    override fun codes(): List<List<String>> {
        requireLibrary()
        return generatedCodes().run { listOf(kinds, apiKinds, operations, limits, claims, hints) }
    }

    override fun failure(kind: String, operation: String?, tag: String?, hint: String?, message: String): Map<String, String> {
        requireLibrary()
        return generatedFailure(kind, operation, tag, hint, message)
    }

    override fun version(): String {
        requireLibrary()
        return generatedVersion()
    }

    override fun callsInFlight(): Int = inFlight.get()

    private fun requireLibrary() {
        val cause = failure ?: return
        val message = "there is no native library for this platform, or it can't be loaded"
        throw PasslockException.of(ErrorFields(ErrorKind.CONFIG, message, cause = cause.toString()))
    }

    /**
     * Loads the library, and ends one call in which a structure crosses before another thread may use it: JNA deadlocks when
     * two threads make their first structures at once. The lazy value that calls this keeps the others waiting.
     */
    private fun load() {
        generatedVersion()
        // The runtime's own thread calls back to say that a call can go on. It is made known to the JVM once and for all.
        Native.setCallbackThreadInitializer(
            uniffiRustFutureContinuationCallbackImpl,
            CallbackThreadInitializer(true, false, "passlock-runtime"),
        )
    }
}

private class UniffiClient(private val client: Generated) : NativeClient {
    override fun begin(request: Request, detail: Detail, call: PendingCall): Cancellation {
        Bridge.inFlight.incrementAndGet()
        // Begun here, on the caller's thread. It resumes on the carrier's.
        val job = Bridge.calls.launch(start = CoroutineStart.UNDISPATCHED) { call.complete(outcome(request, detail)) }
        job.invokeOnCompletion { Bridge.inFlight.decrementAndGet() }
        return Cancellation { job.cancel() }
    }

    private suspend fun outcome(request: Request, detail: Detail): Any = try {
        when (detail) {
            Detail.NONE -> client.call(request.asNative(), Bridge.never).asModel()
            Detail.CALL -> client.observe(request.asNative(), NativeDetail.CALL, Bridge.never).asModel()
            Detail.ATTEMPTS -> client.observe(request.asNative(), NativeDetail.ATTEMPTS, Bridge.never).asModel()
        }
    } catch (error: NativeException.Failed) {
        ErrorFields.of(error.fields)
    } catch (cancelled: CancellationException) {
        throw cancelled
    } catch (_: Throwable) {
        // No memory, or a mistake in the generated code: somebody is waiting.
        ErrorFields.LOST
    }

    override fun close(): Unit = orThrow { client.shutDown() }
}

private inline fun <T> orThrow(work: () -> T): T = try {
    work()
} catch (error: NativeException.Failed) {
    throw PasslockException.of(ErrorFields.of(error.fields))
}
