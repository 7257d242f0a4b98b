package dev.passlock.example

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import dev.passlock.PasslockClient
import dev.passlock.PasslockException
import java.net.InetAddress
import java.net.InetSocketAddress
import java.util.concurrent.Executors
import kotlin.math.ceil
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.runBlocking

/**
 * A login endpoint on the JDK's own HTTP server: the browser posts its token to `/login`, and is told who has logged in.
 *
 * An application on a framework with coroutines, such as Ktor, calls the client's operations directly, without
 * `runBlocking`.
 */
internal class Login(private val client: PasslockClient, port: Int = 0) : AutoCloseable {
    private val workers = Executors.newFixedThreadPool(8)
    private val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0).apply {
        executor = workers
        createContext("/login", ::logIn)
        start()
    }

    val port: Int get() = server.address.port

    private fun logIn(request: HttpExchange) = request.use {
        if (request.requestMethod != "POST") return request.answer(405, "POST a token")
        // A token is short: anything longer isn't one.
        val token = request.requestBody.readNBytes(5000).decodeToString()
        try {
            val principal = runBlocking { client.exchangeToken(token) }
            // Here an application starts its own session for `principal.sub`.
            request.answer(200, "${principal.sub} has logged in by ${principal.authType}")
        } catch (error: PasslockException) {
            // The message is for the log, and contains no secret. The browser isn't told which check failed.
            System.getLogger("login").log(System.Logger.Level.WARNING, "login failed: ${error.kind} ${error.message}")
            val wait = error.retryAfter.takeIf { error.suggestedStatus == 503 }
            wait?.let { request.responseHeaders["Retry-After"] = ceil(it / 1.seconds).toLong().toString() }
            request.answer(error.suggestedStatus, if (error.isLoginRefused) "log in again" else "login is unavailable")
        }
    }

    private fun HttpExchange.answer(status: Int, text: String) {
        val body = text.toByteArray()
        sendResponseHeaders(status, body.size.toLong())
        responseBody.use { it.write(body) }
    }

    override fun close() {
        server.stop(0)
        workers.shutdown()
    }
}

internal fun main() {
    // PASSLOCK_TENANCY_ID and PASSLOCK_API_KEY are set in the environment.
    val login = Login(PasslockClient(), port = 8080)
    println("http://127.0.0.1:${login.port}/login")
}
