// A Ktor application whose users log in with passkeys. Settings come from the environment, as examples/README.md says.

import dev.passlock.PasslockClient
import dev.passlock.PasslockException
import dev.passlock.User
import dev.passlock.UserUpdate
import io.ktor.http.HttpHeaders
import io.ktor.http.HttpStatusCode
import io.ktor.serialization.kotlinx.json.json
import io.ktor.server.application.Application
import io.ktor.server.application.ApplicationStopped
import io.ktor.server.application.install
import io.ktor.server.application.log
import io.ktor.server.auth.Authentication
import io.ktor.server.auth.UserIdPrincipal
import io.ktor.server.auth.authenticate
import io.ktor.server.auth.principal
import io.ktor.server.auth.session
import io.ktor.server.cio.CIO
import io.ktor.server.engine.embeddedServer
import io.ktor.server.http.content.staticFiles
import io.ktor.server.plugins.contentnegotiation.ContentNegotiation
import io.ktor.server.plugins.csrf.CSRF
import io.ktor.server.plugins.defaultheaders.DefaultHeaders
import io.ktor.server.plugins.statuspages.StatusPages
import io.ktor.server.request.receive
import io.ktor.server.response.header
import io.ktor.server.response.respond
import io.ktor.server.routing.RoutingContext
import io.ktor.server.routing.get
import io.ktor.server.routing.patch
import io.ktor.server.routing.post
import io.ktor.server.routing.routing
import io.ktor.server.sessions.Sessions
import io.ktor.server.sessions.clear
import io.ktor.server.sessions.cookie
import io.ktor.server.sessions.get
import io.ktor.server.sessions.sessions
import io.ktor.server.sessions.set
import java.io.File
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import kotlin.math.ceil
import kotlin.time.Duration.Companion.seconds
import kotlin.time.DurationUnit
import kotlinx.serialization.Serializable

private val port = System.getenv("PORT")?.toInt() ?: 3000
private val origin = System.getenv("ORIGIN") ?: "http://localhost:$port"
private val isSecure = origin.startsWith("https://")
private val endpoint = System.getenv("PASSLOCK_ENDPOINT") ?: "https://api.passlock.dev"
private val policy = "default-src 'self'; script-src 'self' $endpoint; connect-src 'self' $endpoint; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** All that the cookie holds. Ktor's own session store would keep the id when somebody logs in. */
@Serializable
data class Session(val id: String)

@Serializable
data class Login(val token: String)

@Serializable
data class Name(val givenName: String, val familyName: String)

@Serializable
data class Me(val sub: String, val email: String, val givenName: String?, val familyName: String?)

fun main() {
    embeddedServer(CIO, port, "127.0.0.1") { login() }.start(wait = true)
}

private fun Application.login() {
    // One for all requests. Missing settings are an error here, not at the first login.
    val passlock = PasslockClient { timeout(10.seconds) }
    monitor.subscribe(ApplicationStopped) { passlock.close() }
    // Who is logged in: session id to `sub`. With several processes, this would be a table in a database.
    val loggedIn = ConcurrentHashMap<String, String>()

    install(ContentNegotiation) { json() }
    install(DefaultHeaders) { header("Content-Security-Policy", policy) }
    install(CSRF) { allowOrigin(origin) }
    install(Sessions) {
        cookie<Session>(if (isSecure) "__Host-session" else "session") {
            cookie.secure = isSecure
            cookie.maxAgeInSeconds = null
            cookie.extensions["SameSite"] = "Strict"
        }
    }
    install(Authentication) {
        session<Session> {
            validate { loggedIn[it.id]?.let(::UserIdPrincipal) }
            challenge { call.respond(HttpStatusCode.Unauthorized) }
        }
    }
    install(StatusPages) {
        exception<PasslockException> { call, error ->
            // The log gets the whole error, which never contains a token or the key; the browser learns what it can do.
            call.application.log.warn("{}: {}", error.kind, error.message)
            val status = HttpStatusCode.fromValue(error.suggestedStatus)
            if (status == HttpStatusCode.ServiceUnavailable) {
                val wait = error.retryAfter ?: 5.seconds
                call.response.header(HttpHeaders.RetryAfter, ceil(wait.toDouble(DurationUnit.SECONDS)).toLong())
            }
            call.respond(status)
        }
    }
    routing {
        get("/config") {
            call.respond(mapOf("endpoint" to endpoint, "tenancyId" to System.getenv("PASSLOCK_TENANCY_ID")))
        }
        post("/login") {
            val principal = passlock.exchangeToken(call.receive<Login>().token)
            call.sessions.get<Session>()?.let { loggedIn.remove(it.id) }
            val session = Session(UUID.randomUUID().toString())
            loggedIn[session.id] = principal.sub
            call.sessions.set(session)
            call.respond(HttpStatusCode.NoContent)
        }
        post("/logout") {
            call.sessions.get<Session>()?.let { loggedIn.remove(it.id) }
            call.sessions.clear<Session>()
            call.respond(HttpStatusCode.NoContent)
        }
        authenticate {
            get("/me") { call.respond(shown(passlock.getUser(sub()))) }
            patch("/me") {
                val name = call.receive<Name>()
                call.respond(shown(passlock.updateUser(sub(), UserUpdate(name.givenName, name.familyName))))
            }
        }
        staticFiles("/", File("../page"))
    }
}

private fun RoutingContext.sub() = call.principal<UserIdPrincipal>()!!.name

private fun shown(user: User) = Me(user.sub, user.email, user.givenName, user.familyName)
