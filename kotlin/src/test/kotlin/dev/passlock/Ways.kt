package dev.passlock

import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.DynamicTest

/** A client of any kind, as one that waits. */
internal interface AnyClient : PasslockBlockingOperations, AutoCloseable

/** The three kinds of client. */
internal enum class Way(val open: (PasslockOptions) -> AnyClient) {
    SUSPENDING({ options -> Suspending(PasslockClient(options)) }),
    BLOCKING({ options -> Blocking(PasslockBlockingClient(options)) }),
    FUTURES({ options -> Futures(PasslockAsyncClient(options)) }),
    ;

    companion object {
        /** The same test for each. */
        fun each(test: (Way) -> Unit): List<DynamicTest> =
            entries.map { way -> DynamicTest.dynamicTest(way.name.lowercase()) { test(way) } }
    }
}

private class Blocking(private val client: PasslockBlockingClient) : AnyClient, PasslockBlockingOperations by client {
    override fun close() = client.close()
}

private class Suspending(private val client: PasslockClient) : AnyClient {
    // On the caller's own thread, whose context is the coroutine's.
    override fun exchangeToken(token: String?, options: CallOptions) = runBlocking { client.exchangeToken(token!!, options) }
    override fun getUser(sub: String?, options: CallOptions) = runBlocking { client.getUser(sub!!, options) }
    override fun updateUser(sub: String?, update: UserUpdate, options: CallOptions) = runBlocking { client.updateUser(sub!!, update, options) }
    override fun exchangeTokenWithInfo(token: String?, options: CallOptions) = runBlocking { client.exchangeTokenWithInfo(token!!, options) }
    override fun getUserWithInfo(sub: String?, options: CallOptions) = runBlocking { client.getUserWithInfo(sub!!, options) }
    override fun updateUserWithInfo(sub: String?, update: UserUpdate, options: CallOptions) =
        runBlocking { client.updateUserWithInfo(sub!!, update, options) }

    override fun warmUp(options: CallOptions) = runBlocking { client.warmUp(options) }
    override fun close() = client.close()
}

private class Futures(private val client: PasslockAsyncClient) : AnyClient {
    override fun exchangeToken(token: String?, options: CallOptions) = client.exchangeToken(token, options).waited()
    override fun getUser(sub: String?, options: CallOptions) = client.getUser(sub, options).waited()
    override fun updateUser(sub: String?, update: UserUpdate, options: CallOptions) = client.updateUser(sub, update, options).waited()
    override fun exchangeTokenWithInfo(token: String?, options: CallOptions) = client.exchangeTokenWithInfo(token, options).waited()
    override fun getUserWithInfo(sub: String?, options: CallOptions) = client.getUserWithInfo(sub, options).waited()
    override fun updateUserWithInfo(sub: String?, update: UserUpdate, options: CallOptions) =
        client.updateUserWithInfo(sub, update, options).waited()

    override fun warmUp(options: CallOptions) {
        val nothing: Void? = client.warmUp(options).waited()
        check(nothing == null)
    }

    override fun close() = client.close()

    private fun <T> CompletableFuture<T>.waited(): T = try {
        get(20, TimeUnit.SECONDS)
    } catch (failure: ExecutionException) {
        throw failure.cause!!
    } catch (interrupt: InterruptedException) {
        cancel(true)
        throw interrupt
    }
}
