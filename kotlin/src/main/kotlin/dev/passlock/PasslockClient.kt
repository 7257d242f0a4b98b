package dev.passlock

import dev.passlock.internal.Request
import dev.passlock.internal.await
import dev.passlock.internal.open

/**
 * The client: it exchanges the token that a browser sent after a login for its [Principal], and reads and updates users.
 *
 * One client is enough for a whole program: any number of threads and coroutines may share it. Cancelling a coroutine ends
 * its request at once; an update may have been made all the same. Every operation throws a [PasslockException] when it fails.
 *
 * A call begins in the coroutine that makes it, and the coroutine resumes on its own dispatcher. One without a dispatcher, or
 * with `Dispatchers.Unconfined`, resumes on a thread that is kept for this; no call waits for what it does there.
 *
 * From Java, use [PasslockBlockingClient] or [PasslockAsyncClient].
 *
 * @throws PasslockException.Config if a setting is missing or wrong, or there is no native library for this platform
 */
public class PasslockClient @JvmOverloads constructor(options: PasslockOptions = PasslockOptions.Builder().build()) :
    PasslockOperations, AutoCloseable {

    /** A client with settings in a Kotlin DSL block: `PasslockClient { timeout(5.seconds) }`. */
    public constructor(configure: PasslockOptions.Builder.() -> Unit) : this(PasslockOptions(configure))

    private val calls = open(options)

    /**
     * Exchanges a browser's token for its principal.
     *
     * @throws PasslockException.NotFound for a token that is unknown or expired
     * @throws PasslockException.Claims for a principal that is not for this tenancy, or not valid now
     * @throws PasslockException for everything else
     */
    override suspend fun exchangeToken(token: String, options: CallOptions): Principal =
        calls.await(Request(Operation.EXCHANGE_TOKEN, token, options.settings)) as Principal

    /** The same as [exchangeToken], with the details of the call. */
    @Suppress("UNCHECKED_CAST")
    override suspend fun exchangeTokenWithInfo(token: String, options: CallOptions): WithInfo<Principal> =
        calls.await(Request(Operation.EXCHANGE_TOKEN, token, options.settings), withInfo = true) as WithInfo<Principal>

    /**
     * Reads a user by id.
     *
     * @throws PasslockException.NotFound for an unknown user
     * @throws PasslockException for everything else
     */
    override suspend fun getUser(sub: String, options: CallOptions): User =
        calls.await(Request(Operation.GET_USER, sub, options.settings)) as User

    /** The same as [getUser], with the details of the call. */
    @Suppress("UNCHECKED_CAST")
    override suspend fun getUserWithInfo(sub: String, options: CallOptions): WithInfo<User> =
        calls.await(Request(Operation.GET_USER, sub, options.settings), withInfo = true) as WithInfo<User>

    /**
     * Updates a user and returns the updated record.
     *
     * @throws PasslockException.NotFound for an unknown user
     * @throws PasslockException.InvalidInput for an update with no fields
     * @throws PasslockException for everything else; [PasslockException.isApplied] says whether the update was accepted
     * even though the call failed
     */
    override suspend fun updateUser(sub: String, update: UserUpdate, options: CallOptions): User =
        calls.await(Request(Operation.UPDATE_USER, sub, options.settings, update.fields)) as User

    /** The same as [updateUser], with the details of the call. */
    @Suppress("UNCHECKED_CAST")
    override suspend fun updateUserWithInfo(sub: String, update: UserUpdate, options: CallOptions): WithInfo<User> =
        calls.await(Request(Operation.UPDATE_USER, sub, options.settings, update.fields), withInfo = true) as WithInfo<User>

    /**
     * Opens a connection in advance (DNS, TCP and TLS), so that the first login after start-up takes one round trip:
     * for start-up hooks and serverless functions. The request does not contain the API key, and any response will do.
     *
     * @throws PasslockException.Connection when no connection can be opened
     * @throws PasslockException.Timeout when that takes too long
     * @throws PasslockException for everything else
     */
    override suspend fun warmUp(options: CallOptions) {
        calls.await(Request.warmUp(options.settings))
    }

    /**
     * Closes the client at once: calls in flight finish, idle connections close, later calls throw
     * [PasslockException.Config]. Closing again does nothing. A client that is no longer referenced is closed in the end.
     */
    override fun close(): Unit = calls.close()
}

/**
 * The operations of [PasslockClient], so that an application can use a substitute, especially in tests.
 */
public interface PasslockOperations {
    /** See [PasslockClient.exchangeToken]. */
    public suspend fun exchangeToken(token: String, options: CallOptions = CallOptions.NONE): Principal

    /** See [PasslockClient.getUser]. */
    public suspend fun getUser(sub: String, options: CallOptions = CallOptions.NONE): User

    /** See [PasslockClient.updateUser]. */
    public suspend fun updateUser(sub: String, update: UserUpdate, options: CallOptions = CallOptions.NONE): User

    // A substitute need not implement these.

    /** See [PasslockClient.exchangeTokenWithInfo]. By default [exchangeToken] with an empty [CallInfo]. */
    public suspend fun exchangeTokenWithInfo(token: String, options: CallOptions = CallOptions.NONE): WithInfo<Principal> =
        WithInfo(exchangeToken(token, options), CallInfo())

    /** See [PasslockClient.getUserWithInfo]. By default [getUser] with an empty [CallInfo]. */
    public suspend fun getUserWithInfo(sub: String, options: CallOptions = CallOptions.NONE): WithInfo<User> =
        WithInfo(getUser(sub, options), CallInfo())

    /** See [PasslockClient.updateUserWithInfo]. By default [updateUser] with an empty [CallInfo]. */
    public suspend fun updateUserWithInfo(
        sub: String,
        update: UserUpdate,
        options: CallOptions = CallOptions.NONE,
    ): WithInfo<User> = WithInfo(updateUser(sub, update, options), CallInfo())

    /** See [PasslockClient.warmUp]. By default it does nothing. */
    public suspend fun warmUp(options: CallOptions = CallOptions.NONE) {}
}
