package bench

import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers
import java.time.Duration

private fun client() = HttpClient.newBuilder()
    // Else it asks a plain server for HTTP/2 in its first request.
    .version(HttpClient.Version.HTTP_1_1)
    .connectTimeout(Duration.ofSeconds(CONNECT_TIMEOUT))
    .build()

private fun request(arguments: Arguments) = HttpRequest.newBuilder(URI.create(arguments.url))
    .timeout(Duration.ofSeconds(TIMEOUT))
    .header("authorization", AUTHORIZATION)
    .header("accept", "application/json")
    .build()

/** java.net.http, on threads that wait. */
object JavaNetHttpThreads {
    @JvmStatic
    fun main(given: Array<String>) {
        val arguments = Arguments(given)
        val client = client()
        runThreads(arguments) {
            val response = client.send(request(arguments), BodyHandlers.ofByteArray())
            principal(response.statusCode(), response.body())
        }
    }
}

/** java.net.http, by futures. */
object JavaNetHttpFutures {
    @JvmStatic
    fun main(given: Array<String>) {
        val arguments = Arguments(given)
        val client = client()
        runFutures(arguments) {
            client.sendAsync(request(arguments), BodyHandlers.ofByteArray())
                .thenApply { principal(it.statusCode(), it.body()) }
        }
    }
}
