package dev.passlock

import dev.passlock.internal.Request
import dev.passlock.internal.future
import dev.passlock.internal.open
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor

/**
 * [PasslockClient] for Java: the same operations as futures. They fail with a [PasslockException], which `join()` and
 * `get()` wrap, as they do every exception. Where a thread may block, [PasslockBlockingClient] is simpler and cheaper.
 *
 * A call begins on the thread that makes it. Its future completes, and dependent stages run, on the executor that was passed
 * to the client; without one, on the JVM's common pool, which is the default for futures, or on threads of this package if
 * that pool has only one thread. It is fine to `join()` another call of this client there: no call needs these threads to
 * begin or to end. Code that blocks for long in any other way should have its own executor.
 *
 * Cancelling a future that an operation returned ends its request, and so does completing it in any other way, as `orTimeout`
 * does; an update may have been made all the same. Cancelling one that was derived from it, by `thenApply` for example, does
 * not. Passing null for a string fails with [PasslockException.InvalidInput], like an empty string, so a missing request
 * parameter can be passed directly.
 *
 * On Android this needs API level 24, which introduced futures.
 *
 * @param executor completes the futures; null for the default
 * @throws PasslockException.Config if a setting is missing or wrong, or there is no native library for this platform
 */
public class PasslockAsyncClient @JvmOverloads constructor(
    options: PasslockOptions = PasslockOptions.builder().build(),
    private val executor: Executor? = null,
) : PasslockAsyncOperations, AutoCloseable {

    private val calls = open(options)

    /** See [PasslockClient.exchangeToken]. */
    override fun exchangeToken(token: String?, options: CallOptions): CompletableFuture<Principal> =
        calls.future(executor, Request(Operation.EXCHANGE_TOKEN, token.orEmpty(), options.settings))

    /** See [PasslockClient.exchangeTokenWithInfo]. */
    override fun exchangeTokenWithInfo(token: String?, options: CallOptions): CompletableFuture<WithInfo<Principal>> =
        calls.future(executor, Request(Operation.EXCHANGE_TOKEN, token.orEmpty(), options.settings), withInfo = true)

    /** See [PasslockClient.getUser]. */
    override fun getUser(sub: String?, options: CallOptions): CompletableFuture<User> =
        calls.future(executor, Request(Operation.GET_USER, sub.orEmpty(), options.settings))

    /** See [PasslockClient.getUserWithInfo]. */
    override fun getUserWithInfo(sub: String?, options: CallOptions): CompletableFuture<WithInfo<User>> =
        calls.future(executor, Request(Operation.GET_USER, sub.orEmpty(), options.settings), withInfo = true)

    /** See [PasslockClient.updateUser]. */
    override fun updateUser(sub: String?, update: UserUpdate, options: CallOptions): CompletableFuture<User> =
        calls.future(executor, Request(Operation.UPDATE_USER, sub.orEmpty(), options.settings, update.fields))

    /** See [PasslockClient.updateUserWithInfo]. */
    override fun updateUserWithInfo(sub: String?, update: UserUpdate, options: CallOptions): CompletableFuture<WithInfo<User>> =
        calls.future(executor, Request(Operation.UPDATE_USER, sub.orEmpty(), options.settings, update.fields), withInfo = true)

    /** See [PasslockClient.warmUp]. The result is null. */
    override fun warmUp(options: CallOptions): CompletableFuture<Void> =
        calls.future(executor, Request.warmUp(options.settings))

    /** See [PasslockClient.close]. */
    override fun close(): Unit = calls.close()
}

/**
 * The operations of [PasslockAsyncClient], so that an application can use a substitute, especially in tests.
 */
public interface PasslockAsyncOperations {
    /** See [PasslockAsyncClient.exchangeToken]. */
    public fun exchangeToken(token: String?, options: CallOptions): CompletableFuture<Principal>

    /** See [PasslockAsyncClient.getUser]. */
    public fun getUser(sub: String?, options: CallOptions): CompletableFuture<User>

    /** See [PasslockAsyncClient.updateUser]. */
    public fun updateUser(sub: String?, update: UserUpdate, options: CallOptions): CompletableFuture<User>

    /** See [PasslockAsyncClient.exchangeToken]. */
    public fun exchangeToken(token: String?): CompletableFuture<Principal> = exchangeToken(token, CallOptions.NONE)

    /** See [PasslockAsyncClient.getUser]. */
    public fun getUser(sub: String?): CompletableFuture<User> = getUser(sub, CallOptions.NONE)

    /** See [PasslockAsyncClient.updateUser]. */
    public fun updateUser(sub: String?, update: UserUpdate): CompletableFuture<User> =
        updateUser(sub, update, CallOptions.NONE)

    // A substitute need not implement these.

    /** See [PasslockAsyncClient.exchangeTokenWithInfo]. By default [exchangeToken] with an empty [CallInfo]. */
    public fun exchangeTokenWithInfo(token: String?, options: CallOptions): CompletableFuture<WithInfo<Principal>> =
        exchangeToken(token, options).thenApply { WithInfo(it, CallInfo()) }

    /** See [PasslockAsyncClient.exchangeTokenWithInfo]. */
    public fun exchangeTokenWithInfo(token: String?): CompletableFuture<WithInfo<Principal>> = exchangeTokenWithInfo(token, CallOptions.NONE)

    /** See [PasslockAsyncClient.getUserWithInfo]. By default [getUser] with an empty [CallInfo]. */
    public fun getUserWithInfo(sub: String?, options: CallOptions): CompletableFuture<WithInfo<User>> =
        getUser(sub, options).thenApply { WithInfo(it, CallInfo()) }

    /** See [PasslockAsyncClient.getUserWithInfo]. */
    public fun getUserWithInfo(sub: String?): CompletableFuture<WithInfo<User>> = getUserWithInfo(sub, CallOptions.NONE)

    /** See [PasslockAsyncClient.updateUserWithInfo]. By default [updateUser] with an empty [CallInfo]. */
    public fun updateUserWithInfo(sub: String?, update: UserUpdate, options: CallOptions): CompletableFuture<WithInfo<User>> =
        updateUser(sub, update, options).thenApply { WithInfo(it, CallInfo()) }

    /** See [PasslockAsyncClient.updateUserWithInfo]. */
    public fun updateUserWithInfo(sub: String?, update: UserUpdate): CompletableFuture<WithInfo<User>> = updateUserWithInfo(sub, update, CallOptions.NONE)

    /** See [PasslockAsyncClient.warmUp]. By default it does nothing. */
    public fun warmUp(options: CallOptions): CompletableFuture<Void> = CompletableFuture.completedFuture(null)

    /** See [PasslockAsyncClient.warmUp]. */
    public fun warmUp(): CompletableFuture<Void> = warmUp(CallOptions.NONE)
}
