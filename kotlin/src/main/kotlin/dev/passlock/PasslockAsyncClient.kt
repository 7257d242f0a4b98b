package dev.passlock

import java.util.concurrent.CompletableFuture
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.future.future

/**
 * [PasslockClient] for Java: the same operations as futures. They fail with a [PasslockException], which `join()` and
 * `get()` wrap as every exception of a future.
 *
 * Cancelling a future that an operation gave ends its request; one that was derived from it by `thenApply` and the like
 * does not. Null where a text is asked for is a [PasslockException.InvalidInput], as an empty text is: a request's missing
 * parameter may be passed as it is.
 *
 * @throws PasslockException.Config when a setting is missing or wrong, or there is no native library for this platform
 */
public class PasslockAsyncClient @JvmOverloads constructor(options: PasslockOptions = PasslockOptions.builder().build()) :
    AutoCloseable {

    private val client = PasslockClient(options)
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /** See [PasslockClient.exchangeToken]. */
    @JvmOverloads
    public fun exchangeToken(token: String?, options: CallOptions = CallOptions.NONE): CompletableFuture<Principal> =
        scope.future { client.exchangeToken(token.orEmpty(), options) }

    /** See [PasslockClient.getUser]. */
    @JvmOverloads
    public fun getUser(sub: String?, options: CallOptions = CallOptions.NONE): CompletableFuture<User> =
        scope.future { client.getUser(sub.orEmpty(), options) }

    /** See [PasslockClient.updateUser]. */
    @JvmOverloads
    public fun updateUser(
        sub: String?,
        update: UserUpdate,
        options: CallOptions = CallOptions.NONE,
    ): CompletableFuture<User> = scope.future { client.updateUser(sub.orEmpty(), update, options) }

    /** See [PasslockClient.close]. */
    override fun close(): Unit = client.close()
}
