package dev.passlock

import dev.passlock.internal.Request
import dev.passlock.internal.future
import dev.passlock.internal.open
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor

/**
 * [PasslockClient] for Java: the same operations as futures. They fail with a [PasslockException], which `join()` and
 * `get()` wrap as every exception of a future. Where a thread may wait, [PasslockBlockingClient] is simpler and cheaper.
 *
 * A call begins on the thread that makes it. Its future completes, and dependent stages run, on the executor that was passed
 * to the client; without one, on the JVM's common pool, which is the default for futures, or on threads of this package if
 * that pool has only one thread. It is fine to `join()` another call of this client there: no call needs these threads to
 * begin or to end. Code that blocks for long in any other way should have its own executor.
 *
 * Cancelling a future that an operation returned ends its request, and so does completing it in any other way, as `orTimeout`
 * does; cancelling one that was derived from it, by `thenApply` for example, does not. Passing null for a text fails with
 * [PasslockException.InvalidInput], like an empty text: a request's missing parameter can be passed as it is.
 *
 * On Android this needs API level 24, which brought futures.
 *
 * @param executor completes the futures; null for the default
 * @throws PasslockException.Config when a setting is missing or wrong, or there is no native library for this platform
 */
public class PasslockAsyncClient @JvmOverloads constructor(
    options: PasslockOptions = PasslockOptions.builder().build(),
    private val executor: Executor? = null,
) : PasslockAsyncOperations, AutoCloseable {

    private val native = open(options)

    /** See [PasslockClient.exchangeToken]. */
    override fun exchangeToken(token: String?, options: CallOptions): CompletableFuture<Principal> =
        native.future(executor) { Request.ExchangeToken(token.orEmpty(), options.settings) }

    /** See [PasslockClient.getUser]. */
    override fun getUser(sub: String?, options: CallOptions): CompletableFuture<User> =
        native.future(executor) { Request.GetUser(sub.orEmpty(), options.settings) }

    /** See [PasslockClient.updateUser]. */
    override fun updateUser(sub: String?, update: UserUpdate, options: CallOptions): CompletableFuture<User> =
        native.future(executor) { Request.UpdateUser(sub.orEmpty(), update, options.settings) }

    /** See [PasslockClient.close]. */
    override fun close(): Unit = native.close()
}
