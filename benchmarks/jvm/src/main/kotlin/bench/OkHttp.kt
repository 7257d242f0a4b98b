package bench

import java.security.KeyStore
import java.security.cert.CertificateFactory
import java.util.concurrent.TimeUnit
import javax.net.ssl.SSLContext
import javax.net.ssl.TrustManagerFactory
import javax.net.ssl.X509TrustManager
import okhttp3.ConnectionPool
import okhttp3.OkHttpClient
import okhttp3.Request

/** OkHttp, on threads that wait, with a pool as large as their number. */
object OkHttp {
    @JvmStatic
    fun main(given: Array<String>) {
        val arguments = Arguments(given)
        val builder = OkHttpClient.Builder()
            .callTimeout(TIMEOUT, TimeUnit.SECONDS)
            .connectTimeout(CONNECT_TIMEOUT, TimeUnit.SECONDS)
            // As long as OkHttp keeps connections by default.
            .connectionPool(ConnectionPool(POOL, 5, TimeUnit.MINUTES))
        arguments.ca?.let { builder.trust(it) }
        val client = builder.build()
        runThreads(arguments) {
            val request = Request.Builder()
                .url(arguments.url)
                .header("authorization", AUTHORIZATION)
                .header("accept", "application/json")
                .build()
            client.newCall(request).execute().use { principal(it.code, it.body.bytes()) }
        }
        client.dispatcher.executorService.shutdown()
        client.connectionPool.evictAll()
    }
}

private fun OkHttpClient.Builder.trust(ca: ByteArray) {
    val keys = KeyStore.getInstance(KeyStore.getDefaultType()).apply { load(null, null) }
    keys.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(ca.inputStream()))
    val factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm()).apply { init(keys) }
    val trusting = factory.trustManagers.first { it is X509TrustManager } as X509TrustManager
    val context = SSLContext.getInstance("TLS").apply { init(null, arrayOf(trusting), null) }
    sslSocketFactory(context.socketFactory, trusting)
}
