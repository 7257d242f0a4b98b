package bench

import java.util.concurrent.TimeUnit
import okhttp3.ConnectionPool
import okhttp3.OkHttpClient
import okhttp3.Request

/** OkHttp, on threads that wait, with a pool as large as their number. */
object OkHttp {
    @JvmStatic
    fun main(given: Array<String>) {
        val arguments = Arguments(given)
        val client = OkHttpClient.Builder()
            .callTimeout(TIMEOUT, TimeUnit.SECONDS)
            .connectTimeout(CONNECT_TIMEOUT, TimeUnit.SECONDS)
            .connectionPool(ConnectionPool(POOL, 30, TimeUnit.SECONDS))
            .build()
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
