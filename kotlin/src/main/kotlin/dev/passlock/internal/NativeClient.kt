package dev.passlock.internal

import dev.passlock.ErrorKind
import dev.passlock.Operation

/**
 * A client of the native library, as a bridge carries it across. There are two bridges, one in each package (`server/` by
 * the JNI, `android/` by uniffi); each is an `object Bridge`. Everything else of the public API is written once, above this.
 */
internal interface NativeClient {
    /**
     * Begins a call, on this thread. Its outcome goes to [call], maybe before this returns; as [Observed], if [detail] is asked for.
     *
     * @throws dev.passlock.PasslockException when the call can't begin; [call] hears nothing then
     */
    fun begin(request: Request, detail: Detail, call: PendingCall): Cancellation

    /** Closes the client: calls in flight finish, later ones fail. Closing again does nothing. */
    fun close()
}

/** The native library, as a bridge gives it. Each function loads it if necessary. */
internal interface NativeLibrary {
    /** Opens a client. All texts are Unicode. */
    fun open(settings: Settings, environment: Map<String, String>): NativeClient

    /** The environment variables that settings may come from. */
    fun environmentVariables(): List<String>

    /** Every code that a failure may carry: kinds, those of them that stand for an answer, operations, limits, claims, hints. */
    fun codes(): List<List<String>>

    /** What is known of a failure that the library has not seen itself, with what follows from its kind, operation, tag and hint. */
    fun failure(kind: String, operation: String?, tag: String?, hint: String?, message: String): Map<String, String>

    /** The version of the library. */
    fun version(): String

    /** How many calls are in flight. */
    fun callsInFlight(): Int
}

/** What ends a call in flight: its connection closes, and no outcome comes. On a call that has ended it does nothing. */
internal fun interface Cancellation {
    fun cancel()
}

/** Somebody who waits for the outcome of a call. */
internal fun interface PendingCall {
    /**
     * Takes the outcome: a principal, a user, [Done], or [ErrorFields]; or [Observed], which has one of them. This runs on the
     * thread that carries calls on, so it hands the outcome on and returns: no code of the application may run in it.
     */
    fun complete(outcome: Any)
}

/** What a call gives that gives nothing. */
internal object Done

/** How much is asked of a call, beside its outcome. */
internal enum class Detail {
    NONE,

    /** The call as a whole. */
    CALL,

    /** And each of its requests. */
    ATTEMPTS,
}

/** An operation with its arguments. */
internal class Request(
    /** Null opens a connection. */
    private val known: Operation?,
    val argument: String,
    val options: Settings,
    /** What to change, where the operation changes anything. */
    val fields: Settings = Settings.NONE,
) {
    /** Its code. */
    val operation: String get() = known?.code ?: "warm_up"

    /** Refuses what is not Unicode text, and so can't cross. */
    fun requireUnicode() {
        if (known != null) requireUnicode(argument, known.argument, ErrorKind.INVALID_INPUT, known)
        fields.requireUnicode(ErrorKind.INVALID_INPUT, known)
        options.requireUnicode(ErrorKind.CONFIG, known)
    }

    internal companion object {
        /** A request that opens a connection. */
        fun warmUp(options: Settings) = Request(null, "", options)
    }
}
