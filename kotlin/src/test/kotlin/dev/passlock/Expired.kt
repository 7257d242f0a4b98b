package dev.passlock

import dev.passlock.testing.Samples

/** A substitute for a client. Each token has expired. */
internal object Expired : PasslockOperations {
    override suspend fun exchangeToken(token: String, options: CallOptions): Principal =
        throw PasslockException(ErrorKind.NOT_FOUND, "the token has expired") { operation(Operation.EXCHANGE_TOKEN) }

    override suspend fun getUser(sub: String, options: CallOptions): User = Samples.user(sub)

    override suspend fun updateUser(sub: String, update: UserUpdate, options: CallOptions): User = Samples.user(sub)
}
