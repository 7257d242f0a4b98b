package dev.passlock

import dev.passlock.internal.Settings
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/**
 * The settings of a client, collected by a [Builder]. Settings that are not given come from the environment
 * (`PASSLOCK_TENANCY_ID`, `PASSLOCK_API_KEY`, `PASSLOCK_ENDPOINT`, and the usual variables for proxies), or else from the
 * defaults. They are checked when a [PasslockClient] is created.
 */
public class PasslockOptions private constructor(
    @get:JvmSynthetic internal val settings: Settings,
    @get:JvmSynthetic internal val environment: Map<String, String>?,
    @get:JvmSynthetic internal val listener: CallListener?,
) {
    /** Names the tenancy and the endpoint, and none of the settings that contain secrets. */
    override fun toString(): String = 
        "PasslockOptions(tenancyId=${settings["tenancyId"]}, endpoint=${settings["endpoint"]}, ..)"

    /** Collects settings. If one is set more than once, the last value wins. */
    public class Builder {
        private var settings = Settings()
        private var environment: Map<String, String>? = null
        private var listener: CallListener? = null

        /** The tenancy id. Default: the `PASSLOCK_TENANCY_ID` environment variable. */
        public fun tenancyId(tenancyId: String): Builder = set { with("tenancyId", tenancyId) }

        /**
         * The API key, for your server only: 8 to 4096 bytes. Default: the `PASSLOCK_API_KEY` environment variable. Trailing
         * newlines are removed.
         */
        public fun apiKey(apiKey: String): Builder = set { with("apiKey", apiKey) }

        /**
         * Where the API is: https, or http to this machine. Default: the `PASSLOCK_ENDPOINT` environment variable, or else
         * `https://api.passlock.dev`.
         */
        public fun endpoint(endpoint: String): Builder = set { with("endpoint", endpoint) }

        /** Allows plain http to hosts other than this machine, which exposes the API key to the network. Default: off. */
        public fun allowHttp(allow: Boolean): Builder = set { with("allowHttp", allow) }

        /**
         * The limit on the whole call, retries and waits included. Default: 30 s.
         *
         * This and the other two limits must be more than zero and at most one hour. One that is longer than the enclosing one
         * is clamped to it.
         */
        @JvmSynthetic
        public fun timeout(limit: Duration): Builder = set { with("timeout", limit) }

        /**
         * The limit on the whole call, retries and waits included. Default: 30 s.
         *
         * This and the other two limits must be more than zero and at most one hour. One that is longer than the enclosing one
         * is clamped to it.
         */
        public fun timeout(limit: java.time.Duration): Builder = timeout(limit.toKotlinDuration())

        /** The limit on one attempt. Default: 10 s. */
        @JvmSynthetic
        public fun attemptTimeout(limit: Duration): Builder = set { with("attemptTimeout", limit) }

        /** The limit on one attempt. Default: 10 s. */
        public fun attemptTimeout(limit: java.time.Duration): Builder = attemptTimeout(limit.toKotlinDuration())

        /** The limit on opening a connection: DNS, TCP, proxy and TLS. Default: 5 s. */
        @JvmSynthetic
        public fun connectTimeout(limit: Duration): Builder = set { with("connectTimeout", limit) }

        /** The limit on opening a connection: DNS, TCP, proxy and TLS. Default: 5 s. */
        public fun connectTimeout(limit: java.time.Duration): Builder = connectTimeout(limit.toKotlinDuration())

        /** How long a connection is kept open for the next call. Default: 5 minutes; at most one hour; 0 disables this. */
        @JvmSynthetic
        public fun idleTimeout(timeout: Duration): Builder = set { with("idleTimeout", timeout) }

        /** How long a connection is kept open for the next call. Default: 5 minutes; at most one hour; 0 disables this. */
        public fun idleTimeout(timeout: java.time.Duration): Builder = idleTimeout(timeout.toKotlinDuration())

        /** The maximum number of retries, 0 to 10. Default: 2. */
        public fun maxRetries(retries: Int): Builder = set { with("maxRetries", retries) }

        /** The maximum size of a response body, in bytes, at most 1 GiB. Default: 1 MiB. */
        public fun maxResponseBytes(bytes: Long): Builder = set { with("maxResponseBytes", bytes) }

        /**
         * An http proxy, `http://[user:password@]host[:port]`. Default: the `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`
         * environment variables, which never apply to an endpoint on this machine.
         */
        public fun proxy(url: String): Builder = set { with("proxy", url) }

        /** Certificate authorities to trust in addition to the platform's: PEM, not the name of a file. Default: none. */
        public fun caCertificates(pem: ByteArray): Builder = set { withCaCertificates(pem.clone()) }

        /** The allowed clock difference when claims are checked, at most one hour. Default: 60 s. */
        @JvmSynthetic
        public fun leeway(leeway: Duration): Builder = set { with("leeway", leeway) }

        /** The allowed clock difference when claims are checked, at most one hour. Default: 60 s. */
        public fun leeway(leeway: java.time.Duration): Builder = leeway(leeway.toKotlinDuration())

        /** Whether a principal's claims are checked at all. Default: on. */
        public fun verifyClaims(verify: Boolean): Builder = set { with("verifyClaims", verify) }

        /** The only accepted issuer (`iss`). Default: any. */
        public fun issuer(issuer: String): Builder = set { with("issuer", issuer) }

        /** Whether the authenticator must have verified the user. Default: off. */
        public fun requireUserVerified(require: Boolean): Builder = set { with("requireUserVerified", require) }

        /** The accepted authentication methods. Default, and when empty: any. */
        public fun authTypes(authTypes: Collection<AuthType>): Builder =
            set { withAuthTypes(authTypes.map(AuthType::value).toTypedArray()) }

        /** The accepted authentication methods. Default, and when empty: any. */
        public fun authTypes(vararg authTypes: AuthType): Builder = authTypes(authTypes.asList())

        /** The application's name, appended to this package's in `User-Agent`: `my-app/1.2`, printable ASCII. Default: none. */
        public fun appInfo(appInfo: String): Builder = set { with("appInfo", appInfo) }

        /**
         * Up to 32 additional headers for every request, such as a gateway's. Their values are treated as secrets: no exception
         * and no `toString()` shows one. Those that the SDK sets itself are refused. Default: none.
         */
        public fun headers(headers: Map<String, String>): Builder = set { withHeaders(headers) }

        /** Called once at the end of every call, whatever its outcome. Default: none, and nothing is recorded. */
        public fun listener(listener: CallListener): Builder = apply { this.listener = listener }

        /** Returns the settings collected so far. */
        public fun build(): PasslockOptions = PasslockOptions(settings, environment, listener)

        /** For the contract's vectors: all that the client sees of the environment. */
        @JvmSynthetic
        internal fun environment(variables: Map<String, String>): Builder = apply { environment = variables }

        /** For the contract's vectors: a frozen clock. */
        @JvmSynthetic
        internal fun now(now: Instant): Builder =
            set { with("fixedNow", now.epochSecond.toDouble() + now.nano / 1e9) }

        private inline fun set(change: Settings.() -> Settings): Builder = apply { settings = settings.change() }
    }

    public companion object {
        /** The [endpoint][Builder.endpoint] of version 1 tenancies, which have been served there since November 2025. */
        public const val V1_ENDPOINT: String = "https://api.v1.passlock.dev"

        /** A builder, for Java. */
        @JvmStatic
        public fun builder(): Builder = Builder()

        /** Settings with a Kotlin DSL block: `PasslockOptions { timeout(5.seconds) }`. */
        @JvmSynthetic
        public operator fun invoke(configure: Builder.() -> Unit): PasslockOptions = Builder().apply(configure).build()
    }
}
