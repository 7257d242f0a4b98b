package dev.passlock

import dev.passlock.internal.ffi.NativeCallOptions
import dev.passlock.internal.inSeconds
import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/** The settings of one call that differ from the client's. All but the time limit are about the exchange of a token. */
public class CallOptions private constructor(@get:JvmSynthetic internal val native: NativeCallOptions) {
    override fun toString(): String =
        native.run { "CallOptions(timeout=$timeout, issuer=$issuer, requireUserVerified=$requireUserVerified, authTypes=$authTypes)" }

    /** Collects settings. */
    public class Builder {
        private var native = NativeCallOptions(null, null, null, null)

        /** The limit on the whole call, retries and waits included; at most one hour. */
        @JvmSynthetic
        public fun timeout(limit: Duration): Builder = set { copy(timeout = limit.inSeconds()) }

        /** The limit on the whole call, retries and waits included; at most one hour. */
        public fun timeout(limit: java.time.Duration): Builder = timeout(limit.toKotlinDuration())

        /** The only issuer that is admitted. */
        public fun issuer(issuer: String): Builder = set { copy(issuer = issuer) }

        /** Whether only users are admitted whom the authenticator verified. */
        public fun requireUserVerified(require: Boolean): Builder = set { copy(requireUserVerified = require) }

        /** The ways to log in that are admitted; none given: any. */
        public fun authTypes(authTypes: Collection<AuthType>): Builder =
            set { copy(authTypes = authTypes.map(AuthType::value)) }

        /** The ways to log in that are admitted; none given: any. */
        public fun authTypes(vararg authTypes: AuthType): Builder = authTypes(authTypes.asList())

        /** What has been collected. */
        public fun build(): CallOptions = CallOptions(native)

        private inline fun set(change: NativeCallOptions.() -> NativeCallOptions): Builder =
            apply { native = native.change() }
    }

    public companion object {
        /** Nothing differs. */
        @JvmField
        public val NONE: CallOptions = Builder().build()

        /** A builder, for Java. */
        @JvmStatic
        public fun builder(): Builder = Builder()

        /** Settings in Kotlin's manner: `CallOptions { timeout(2.seconds) }`. */
        @JvmSynthetic
        public operator fun invoke(configure: Builder.() -> Unit): CallOptions = Builder().apply(configure).build()
    }
}
