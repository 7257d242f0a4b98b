package bench

import io.ktor.client.HttpClient
import io.ktor.client.engine.cio.CIO
import io.ktor.client.engine.cio.endpoint
import io.ktor.client.plugins.HttpTimeout
import io.ktor.client.request.get
import io.ktor.client.request.header
import io.ktor.client.statement.readRawBytes

/** Ktor's client on its own engine, CIO. */
object Ktor {
    @JvmStatic
    fun main(given: Array<String>) {
        val arguments = Arguments(given)
        val client = HttpClient(CIO) {
            engine {
                maxConnectionsCount = POOL
                endpoint { maxConnectionsPerRoute = POOL }
            }
            install(HttpTimeout) {
                requestTimeoutMillis = TIMEOUT * 1000
                connectTimeoutMillis = CONNECT_TIMEOUT * 1000
            }
        }
        client.use {
            runCoroutines(arguments) {
                val response = client.get(arguments.url) {
                    header("authorization", AUTHORIZATION)
                    header("accept", "application/json")
                }
                principal(response.status.value, response.readRawBytes())
            }
        }
    }
}
