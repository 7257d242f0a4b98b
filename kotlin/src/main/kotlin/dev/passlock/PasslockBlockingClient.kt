package dev.passlock

import dev.passlock.internal.Request
import dev.passlock.internal.block
import dev.passlock.internal.open

/**
 * [PasslockClient] for code that may block, such as servlets and Spring MVC: the same operations, each of which returns when
 * it has ended. A call begins on the thread that makes it, which is then parked; a virtual thread is never pinned.
 *
 * Interrupting a thread ends its request at once: the operation throws a `java.util.concurrent.CancellationException`, and
 * the thread stays interrupted. Passing null for a string throws [PasslockException.InvalidInput], like an empty string, so a
 * missing request parameter can be passed directly.
 *
 * One client is enough for a whole program: any number of threads may share it.
 *
 * @throws PasslockException.Config if a setting is missing or wrong, or there is no native library for this platform
 */
public class PasslockBlockingClient @JvmOverloads constructor(options: PasslockOptions = PasslockOptions.builder().build()) :
    PasslockBlockingOperations, AutoCloseable {

    /** A client with settings in a Kotlin DSL block: `PasslockBlockingClient { timeout(5.seconds) }`. */
    public constructor(configure: PasslockOptions.Builder.() -> Unit) : this(PasslockOptions(configure))

    private val native = open(options)

    /**
     * Exchanges the token that a browser sent for its principal.
     *
     * @throws PasslockException.NotFound for a token that is unknown or expired
     * @throws PasslockException.Claims for a principal that is not for this tenancy, or not valid now
     * @throws PasslockException for everything else
     */
    override fun exchangeToken(token: String?, options: CallOptions): Principal =
        native.block { Request(Operation.EXCHANGE_TOKEN, token.orEmpty(), options.settings) } as Principal

    /**
     * Reads a user by id.
     *
     * @throws PasslockException.NotFound for an unknown user
     * @throws PasslockException for everything else
     */
    override fun getUser(sub: String?, options: CallOptions): User =
        native.block { Request(Operation.GET_USER, sub.orEmpty(), options.settings) } as User

    /**
     * Updates a user and returns the updated record.
     *
     * @throws PasslockException.NotFound for an unknown user
     * @throws PasslockException.InvalidInput for an update without any field
     * @throws PasslockException for everything else; [PasslockException.isApplied] says whether the update was accepted
     * although the call failed
     */
    override fun updateUser(sub: String?, update: UserUpdate, options: CallOptions): User =
        native.block { Request(Operation.UPDATE_USER, sub.orEmpty(), options.settings, update.fields) } as User

    /** See [PasslockClient.close]. */
    override fun close(): Unit = native.close()
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
}
