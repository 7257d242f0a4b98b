package dev.passlock

import dev.passlock.internal.Settings
import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/**
 * The settings of one call, where they differ from the client's. `issuer`, `requireUserVerified` and `authTypes` apply
 * only to exchanging a token.
 */
public class CallOptions private constructor(@get:JvmSynthetic internal val settings: Settings) {
    override fun toString(): String =
        "CallOptions(timeout=${settings["timeout"]}, issuer=${settings["issuer"]}, " +
            "requireUserVerified=${settings["requireUserVerified"]}, authTypes=${settings.authTypes?.asList()}, " +
            "maxRetries=${settings["maxRetries"]})"

    /** Collects settings. */
    public class Builder {
        private var settings = Settings()

        /** The limit on the whole call, retries and waits included; at most one hour. */
        @JvmSynthetic
        public fun timeout(limit: Duration): Builder = set { with("timeout", limit) }

        /** The limit on the whole call, retries and waits included; at most one hour. */
        public fun timeout(limit: java.time.Duration): Builder = timeout(limit.toKotlinDuration())

        /** The only accepted issuer (`iss`). */
        public fun issuer(issuer: String): Builder = set { with("issuer", issuer) }

        /** Whether the authenticator must have verified the user. */
        public fun requireUserVerified(require: Boolean): Builder = set { with("requireUserVerified", require) }

        /** The accepted authentication methods; none means any. */
        public fun authTypes(authTypes: Collection<AuthType>): Builder =
            set { withAuthTypes(authTypes.map(AuthType::value).toTypedArray()) }

        /** The accepted authentication methods; none means any. */
        public fun authTypes(vararg authTypes: AuthType): Builder = authTypes(authTypes.asList())

        /** The maximum number of retries, 0 to 10. */
        public fun maxRetries(retries: Int): Builder = set { with("maxRetries", retries) }

        /** Returns the settings collected so far. */
        public fun build(): CallOptions = CallOptions(settings)

        private inline fun set(change: Settings.() -> Settings): Builder = apply { settings = settings.change() }
    }

    public companion object {
        /** The client's own settings. */
        @JvmField
        public val NONE: CallOptions = Builder().build()

        /** A builder, for Java. */
        @JvmStatic
        public fun builder(): Builder = Builder()

        /** Settings with a Kotlin DSL block: `CallOptions { timeout(2.seconds) }`. */
        @JvmSynthetic
        public operator fun invoke(configure: Builder.() -> Unit): CallOptions = Builder().apply(configure).build()
    }
}
