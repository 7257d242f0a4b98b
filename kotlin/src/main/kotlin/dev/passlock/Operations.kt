package dev.passlock

import java.util.concurrent.CompletableFuture

// What each of the clients can do, for applications that put something of their own in a client's place, in tests above all.

/** The operations of [PasslockClient]. */
public interface PasslockOperations {
    /** See [PasslockClient.exchangeToken]. */
    public suspend fun exchangeToken(token: String, options: CallOptions = CallOptions.NONE): Principal

    /** See [PasslockClient.getUser]. */
    public suspend fun getUser(sub: String, options: CallOptions = CallOptions.NONE): User

    /** See [PasslockClient.updateUser]. */
    public suspend fun updateUser(sub: String, update: UserUpdate, options: CallOptions = CallOptions.NONE): User
}

/** The operations of [PasslockBlockingClient]. */
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

/** The operations of [PasslockAsyncClient]. */
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
}
