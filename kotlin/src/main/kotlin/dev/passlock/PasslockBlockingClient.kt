package dev.passlock

import dev.passlock.internal.Request
import dev.passlock.internal.block
import dev.passlock.internal.open

/**
 * [PasslockClient] for code that may block, such as servlets and Spring MVC: the same operations, each of which returns when
 * it has ended. A call begins on the thread that makes it, which is then parked; a virtual thread is never pinned.
 *
 * Interrupting a thread ends its request at once: the operation throws a `java.util.concurrent.CancellationException`, and
 * the thread stays interrupted; an update may have been made all the same. Passing null for a string throws
 * [PasslockException.InvalidInput], like an empty string, so a missing request parameter can be passed directly.
 *
 * One client is enough for a whole program: any number of threads may share it.
 *
 * @throws PasslockException.Config if a setting is missing or wrong, or there is no native library for this platform
 */
public class PasslockBlockingClient @JvmOverloads constructor(options: PasslockOptions = PasslockOptions.builder().build()) :
    PasslockBlockingOperations, AutoCloseable {

    /** A client with settings in a Kotlin DSL block: `PasslockBlockingClient { timeout(5.seconds) }`. */
    public constructor(configure: PasslockOptions.Builder.() -> Unit) : this(PasslockOptions(configure))

    private val calls = open(options)

    /**
     * Exchanges a browser's token for its principal.
     *
     * @throws PasslockException.NotFound for a token that is unknown or expired
     * @throws PasslockException.Claims for a principal that is not for this tenancy, or not valid now
     * @throws PasslockException for everything else
     */
    override fun exchangeToken(token: String?, options: CallOptions): Principal =
        calls.block(Request(Operation.EXCHANGE_TOKEN, token.orEmpty(), options.settings)) as Principal

    /** The same as [exchangeToken], with the details of the call. */
    @Suppress("UNCHECKED_CAST")
    override fun exchangeTokenWithInfo(token: String?, options: CallOptions): WithInfo<Principal> =
        calls.block(Request(Operation.EXCHANGE_TOKEN, token.orEmpty(), options.settings), withInfo = true) as WithInfo<Principal>

    /**
     * Reads a user by id.
     *
     * @throws PasslockException.NotFound for an unknown user
     * @throws PasslockException for everything else
     */
    override fun getUser(sub: String?, options: CallOptions): User =
        calls.block(Request(Operation.GET_USER, sub.orEmpty(), options.settings)) as User

    /** The same as [getUser], with the details of the call. */
    @Suppress("UNCHECKED_CAST")
    override fun getUserWithInfo(sub: String?, options: CallOptions): WithInfo<User> =
        calls.block(Request(Operation.GET_USER, sub.orEmpty(), options.settings), withInfo = true) as WithInfo<User>

    /**
     * Updates a user and returns the updated record.
     *
     * @throws PasslockException.NotFound for an unknown user
     * @throws PasslockException.InvalidInput for an update with no fields
     * @throws PasslockException for everything else; [PasslockException.isApplied] says whether the update was accepted
     * even though the call failed
     */
    override fun updateUser(sub: String?, update: UserUpdate, options: CallOptions): User =
        calls.block(Request(Operation.UPDATE_USER, sub.orEmpty(), options.settings, update.fields)) as User

    /** The same as [updateUser], with the details of the call. */
    @Suppress("UNCHECKED_CAST")
    override fun updateUserWithInfo(sub: String?, update: UserUpdate, options: CallOptions): WithInfo<User> =
        calls.block(Request(Operation.UPDATE_USER, sub.orEmpty(), options.settings, update.fields), withInfo = true) as WithInfo<User>

    /**
     * Opens a connection in advance (DNS, TCP and TLS), so that the first login after start-up takes one round trip:
     * for start-up hooks and serverless functions. The request does not contain the API key, and any response will do.
     *
     * @throws PasslockException.Connection when no connection can be opened
     * @throws PasslockException.Timeout when that takes too long
     * @throws PasslockException for everything else
     */
    override fun warmUp(options: CallOptions) {
        calls.block(Request.warmUp(options.settings))
    }

    /** See [PasslockClient.close]. */
    override fun close(): Unit = calls.close()
}

/**
 * The operations of [PasslockBlockingClient], so that an application can use a substitute, especially in tests.
 */
public interface PasslockBlockingOperations {
    /** See [PasslockBlockingClient.exchangeToken]. */
    public fun exchangeToken(token: String?, options: CallOptions): Principal

    /** See [PasslockBlockingClient.getUser]. */
    public fun getUser(sub: String?, options: CallOptions): User

    /** See [PasslockBlockingClient.updateUser]. */
    public fun updateUser(sub: String?, update: UserUpdate, options: CallOptions): User

    /** See [PasslockBlockingClient.exchangeToken]. */
    public fun exchangeToken(token: String?): Principal = exchangeToken(token, CallOptions.NONE)

    /** See [PasslockBlockingClient.getUser]. */
    public fun getUser(sub: String?): User = getUser(sub, CallOptions.NONE)

    /** See [PasslockBlockingClient.updateUser]. */
    public fun updateUser(sub: String?, update: UserUpdate): User = updateUser(sub, update, CallOptions.NONE)

    // A substitute need not implement these.

    /** See [PasslockBlockingClient.exchangeTokenWithInfo]. By default [exchangeToken] with an empty [CallInfo]. */
    public fun exchangeTokenWithInfo(token: String?, options: CallOptions): WithInfo<Principal> =
        WithInfo(exchangeToken(token, options), CallInfo())

    /** See [PasslockBlockingClient.exchangeTokenWithInfo]. */
    public fun exchangeTokenWithInfo(token: String?): WithInfo<Principal> = exchangeTokenWithInfo(token, CallOptions.NONE)

    /** See [PasslockBlockingClient.getUserWithInfo]. By default [getUser] with an empty [CallInfo]. */
    public fun getUserWithInfo(sub: String?, options: CallOptions): WithInfo<User> =
        WithInfo(getUser(sub, options), CallInfo())

    /** See [PasslockBlockingClient.getUserWithInfo]. */
    public fun getUserWithInfo(sub: String?): WithInfo<User> = getUserWithInfo(sub, CallOptions.NONE)

    /** See [PasslockBlockingClient.updateUserWithInfo]. By default [updateUser] with an empty [CallInfo]. */
    public fun updateUserWithInfo(sub: String?, update: UserUpdate, options: CallOptions): WithInfo<User> =
        WithInfo(updateUser(sub, update, options), CallInfo())

    /** See [PasslockBlockingClient.updateUserWithInfo]. */
    public fun updateUserWithInfo(sub: String?, update: UserUpdate): WithInfo<User> = updateUserWithInfo(sub, update, CallOptions.NONE)

    /** See [PasslockBlockingClient.warmUp]. By default it does nothing. */
    public fun warmUp(options: CallOptions) {}

    /** See [PasslockBlockingClient.warmUp]. */
    public fun warmUp(): Unit = warmUp(CallOptions.NONE)
}
