package dev.passlock

import dev.passlock.internal.Calls
import dev.passlock.internal.Handle
import dev.passlock.internal.Native
import dev.passlock.internal.changes
import dev.passlock.internal.requireUnicode

/**
 * The client: it exchanges the token that a browser sent after a login for the [Principal] it stands for, and reads and
 * changes users.
 *
 * One client is enough for a whole program: any number of threads and coroutines may share it. Cancelling a coroutine ends
 * its request at once. Every operation throws a [PasslockException] when it fails.
 *
 * From Java, use [PasslockAsyncClient].
 *
 * @throws PasslockException.Config when a setting is missing or wrong, or there is no native library for this platform
 */
public class PasslockClient @JvmOverloads constructor(options: PasslockOptions = PasslockOptions.Builder().build()) :
    AutoCloseable {

    /** A client with settings in Kotlin's manner: `PasslockClient { timeout(5.seconds) }`. */
    public constructor(configure: PasslockOptions.Builder.() -> Unit) : this(PasslockOptions(configure))

    private val handle = Handle(options)

    /**
     * Exchanges the token that a browser sent for the principal it stands for.
     *
     * @throws PasslockException.NotFound for a token that is unknown or expired
     * @throws PasslockException.Claims for a principal that is not for this tenancy, or not valid now
     * @throws PasslockException for everything else
     */
    public suspend fun exchangeToken(token: String, options: CallOptions = CallOptions.NONE): Principal =
        Calls.run(Operation.EXCHANGE_TOKEN, options.settings) { call ->
            requireUnicode(token, "token", Operation.EXCHANGE_TOKEN)
            handle.use { Native.exchangeToken(call, it, token, options.settings.named, options.settings.authTypes) }
        } as Principal

    /**
     * Reads a user by its id.
     *
     * @throws PasslockException.NotFound for an unknown user
     * @throws PasslockException for everything else
     */
    public suspend fun getUser(sub: String, options: CallOptions = CallOptions.NONE): User =
        Calls.run(Operation.GET_USER, options.settings) { call ->
            requireUnicode(sub, "sub", Operation.GET_USER)
            handle.use { Native.getUser(call, it, sub, options.settings.named, options.settings.authTypes) }
        } as User

    /**
     * Changes a user, and gives the user as it stands then.
     *
     * @throws PasslockException.NotFound for an unknown user
     * @throws PasslockException.InvalidInput for an update without any field
     * @throws PasslockException for everything else; [PasslockException.isApplied] tells whether the change was made
     * although the call failed
     */
    public suspend fun updateUser(sub: String, update: UserUpdate, options: CallOptions = CallOptions.NONE): User =
        Calls.run(Operation.UPDATE_USER, options.settings) { call ->
            requireUnicode(sub, "sub", Operation.UPDATE_USER)
            val changes = update.changes()
            handle.use { Native.updateUser(call, it, sub, changes, options.settings.named, options.settings.authTypes) }
        } as User

    /**
     * Closes the client at once: calls in flight finish, idle connections close, later calls are a
     * [PasslockException.Config]. Closing again does nothing.
     */
    override fun close(): Unit = handle.use(Native::close)
}
