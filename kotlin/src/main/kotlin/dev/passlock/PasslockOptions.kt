package dev.passlock

import dev.passlock.internal.Settings
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/**
 * The settings of a client, made by a [Builder]. What is not set comes from the environment (`PASSLOCK_TENANCY_ID`,
 * `PASSLOCK_API_KEY`, `PASSLOCK_ENDPOINT`, and the usual variables for proxies), else from the defaults. They are checked
 * when a [PasslockClient] is made.
 */
public class PasslockOptions private constructor(
    @get:JvmSynthetic internal val settings: Settings,
    @get:JvmSynthetic internal val environment: Map<String, String>?,
    @get:JvmSynthetic internal val listener: CallListener?,
) {
    /** Names the tenancy and the endpoint, and none of the settings that hold secrets. */
    override fun toString(): String = 
        "PasslockOptions(tenancyId=${settings["tenancyId"]}, endpoint=${settings["endpoint"]}, ..)"

    /** Collects settings. Each may be set once or more; the last one counts. */
    public class Builder {
        private var settings = Settings()
        private var environment: Map<String, String>? = null
        private var listener: CallListener? = null

        /** The tenancy id. Default: `PASSLOCK_TENANCY_ID`. */
        public fun tenancyId(tenancyId: String): Builder = set { with("tenancyId", tenancyId) }

        /** The API key. Default: `PASSLOCK_API_KEY`. */
        public fun apiKey(apiKey: String): Builder = set { with("apiKey", apiKey) }

        /** Where the API is. Default: `PASSLOCK_ENDPOINT`, else `https://api.passlock.dev`. */
        public fun endpoint(endpoint: String): Builder = set { with("endpoint", endpoint) }

        /** Whether plain http is allowed to other hosts than this machine. Default: no. */
        public fun allowHttp(allow: Boolean): Builder = set { with("allowHttp", allow) }

        /** The limit on a whole call, retries and waits included. Default: 30 s; at most one hour. */
        @JvmSynthetic
        public fun timeout(limit: Duration): Builder = set { with("timeout", limit) }

        /** The limit on a whole call, retries and waits included. Default: 30 s; at most one hour. */
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

        /** How long a connection is kept open for the next call. Default: 5 minutes; at most one hour; 0: not at all. */
        @JvmSynthetic
        public fun idleTimeout(timeout: Duration): Builder = set { with("idleTimeout", timeout) }

        /** How long a connection is kept open for the next call. Default: 5 minutes; at most one hour; 0: not at all. */
        public fun idleTimeout(timeout: java.time.Duration): Builder = idleTimeout(timeout.toKotlinDuration())

        /** Maximum number of retries. Default: 2; at most 10. */
        public fun maxRetries(retries: Int): Builder = set { with("maxRetries", retries) }

        /** The maximum size of a response body, in bytes. Default: 1 MiB. */
        public fun maxResponseBytes(bytes: Long): Builder = set { with("maxResponseBytes", bytes) }

        /** An http proxy, as in `http://user:password@proxy:3128`. Default: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`. */
        public fun proxy(url: String): Builder = set { with("proxy", url) }

        /** Certificate authorities to trust in addition to the platform's, as PEM. */
        public fun caCertificates(pem: ByteArray): Builder = set { withCaCertificates(pem.clone()) }

        /** How far clocks may differ where times of a principal are checked. Default: 60 s. */
        @JvmSynthetic
        public fun leeway(leeway: Duration): Builder = set { with("leeway", leeway) }

        /** How far clocks may differ where times of a principal are checked. Default: 60 s. */
        public fun leeway(leeway: java.time.Duration): Builder = leeway(leeway.toKotlinDuration())

        /** Whether the claims of a principal are checked: its audience and its times. Default: yes. */
        public fun verifyClaims(verify: Boolean): Builder = set { with("verifyClaims", verify) }

        /** The only accepted issuer. Default: any. */
        public fun issuer(issuer: String): Builder = set { with("issuer", issuer) }

        /** Whether to accept only users whom the authenticator verified. Default: no. */
        public fun requireUserVerified(require: Boolean): Builder = set { with("requireUserVerified", require) }

        /** The accepted authentication methods. Default: any. */
        public fun authTypes(authTypes: Collection<AuthType>): Builder =
            set { withAuthTypes(authTypes.map(AuthType::value).toTypedArray()) }

        /** The accepted authentication methods. Default: any. */
        public fun authTypes(vararg authTypes: AuthType): Builder = authTypes(authTypes.asList())

        /** The application's name, as in `my-app/1.2`, at the end of the User-Agent. Default: none. */
        public fun appInfo(appInfo: String): Builder = set { with("appInfo", appInfo) }

        /**
         * Headers of every request, beside the SDK's own. Their values are secrets: no exception and no description shows one.
         * Default: none.
         */
        public fun headers(headers: Map<String, String>): Builder = set { withHeaders(headers) }

        /** Is told of each call when it has ended, however it ended. Default: nobody is, and nothing is recorded. */
        public fun listener(listener: CallListener): Builder = apply { this.listener = listener }

        /** What has been collected. */
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
        /** A builder, for Java. */
        @JvmStatic
        public fun builder(): Builder = Builder()

        /** Settings with a Kotlin DSL block: `PasslockOptions { timeout(5.seconds) }`. */
        @JvmSynthetic
        public operator fun invoke(configure: Builder.() -> Unit): PasslockOptions = Builder().apply(configure).build()
    }
}
