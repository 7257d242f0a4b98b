package dev.passlock

import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.ObjectInputStream
import java.io.ObjectOutputStream
import java.time.Instant
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

internal class OperationsTest : EmulatorTest() {
    @Test
    fun `a token is exchanged for its principal`() {
        ada()
        val token = emulator.issueToken("user-1")
        val before = Instant.now()
        val principal = withClient { it.exchangeToken(token) }
        assertEquals(listOf("user-1", "tenancy-1", "ada@example.com"), principal.run { listOf(sub, aud, email) })
        assertEquals(listOf("Ada", "Lovelace", true), principal.run { listOf(givenName, familyName, emailVerified) })
        assertEquals(AuthType.PASSKEY, principal.authType)
        assertTrue(principal.userVerified)
        assertEquals(token, principal.token)
        assertEquals(360L, principal.exp.epochSecond - principal.iat.epochSecond)
        assertTrue(principal.iat.isBefore(before.plusSeconds(2)) && principal.iat.isAfter(before.minusSeconds(5)))
        val request = emulator.journal().single()
        assertEquals("GET" to "/tenancy-1/token/$token", request.method to request.path)
        assertEquals("passlock-kotlin/${packageVersion()}", request.headers["user-agent"])
    }

    @Test
    fun `a user is read`() {
        val ada = ada()
        assertEquals(ada, withClient { it.getUser("user-1") })
        assertNotEquals(ada, withClient { it.getUser(emulator.addUser("bob@example.com").sub) })
    }

    @Test
    fun `a user is changed, field by field`() {
        ada()
        withClient { client ->
            val changed = client.updateUser("user-1", UserUpdate(givenName = "Augusta"))
            assertEquals("Augusta" to "Lovelace", changed.givenName to changed.familyName)
            val emptied = client.updateUser("user-1", UserUpdate(familyName = "", emailVerified = false))
            assertEquals("" to false, emptied.familyName to emptied.emailVerified)
            assertEquals(emptied, client.getUser("user-1"))
        }
        assertEquals("""{"givenName":"Augusta"}""", emulator.journal().first().body)
    }

    @Test
    fun `an update without a field is refused before it is sent`() {
        val error = fails<PasslockException.InvalidInput> { withClient { it.updateUser("user-1", UserUpdate()) } }
        assertEquals(Operation.UPDATE_USER, error.operation)
        assertTrue(emulator.journal().isEmpty())
    }

    @Test
    fun `settings of one call differ from the client's`() {
        ada()
        val token = emulator.issueToken("user-1", authType = AuthType.EMAIL, userVerified = false)
        withClient { client ->
            assertEquals(AuthType.EMAIL, client.exchangeToken(token).authType)
            val refused = listOf(
                Claim.ISS to CallOptions { issuer("https://other.example") },
                Claim.USER_VERIFIED to CallOptions { requireUserVerified(true) },
                Claim.AUTH_TYPE to CallOptions { authTypes(AuthType.PASSKEY, AuthType.APPLE) },
            )
            for ((claim, options) in refused) {
                assertEquals(claim, fails<PasslockException.Claims> { client.exchangeToken(token, options) }.claim)
            }
            emulator.fault("hang")
            val error = fails<PasslockException.Timeout> { client.getUser("user-1", CallOptions { timeout(200.milliseconds) }) }
            assertEquals(Limit.TIMEOUT, error.limit)
        }
    }

    @Test
    fun `claims are checked unless that is switched off`() {
        ada()
        val token = emulator.issueToken("user-1")
        val late = Instant.now().plusSeconds(3600)
        assertEquals(Claim.EXP, fails<PasslockException.Claims> { withClient({ now(late) }) { it.exchangeToken(token) } }.claim)
        assertEquals("user-1", withClient({ now(late).leeway(1.hours) }) { it.exchangeToken(token) }.sub)
        assertEquals("user-1", withClient({ now(late).verifyClaims(false) }) { it.exchangeToken(token) }.sub)
    }

    @Test
    fun `what has expired is not found`() {
        ada()
        val token = emulator.issueToken("user-1")
        emulator.advance(361.seconds)
        val error = fails<PasslockException.NotFound> { withClient { it.exchangeToken(token) } }
        assertEquals(404 to "NotFound", error.status to error.tag)
    }

    @Test
    fun `any text is one segment of the path`() {
        withClient { client ->
            for (sub in listOf("../token/x", "a b", "ü", "😀", "%2e%2e", "a?b#c")) {
                fails<PasslockException.NotFound> { client.getUser(sub) }
            }
        }
        assertTrue(emulator.journal().all { it.path.startsWith("/tenancy-1/user/") && it.path.count { c -> c == '/' } == 3 })
    }

    @Test
    fun `models are values`() {
        val principal = principal()
        assertEquals(principal, principal())
        assertEquals(principal.hashCode(), principal().hashCode())
        assertNotEquals(principal, principal(sub = "user-2"))
        assertEquals(UserUpdate("Ada").withFamilyName("L").withEmailVerified(true), UserUpdate("Ada", "L", true))
        assertEquals(setOf(AuthType.GOOGLE), setOf(AuthType("google"), AuthType.GOOGLE))
        assertNull(UserUpdate("Ada").withGivenName(null).givenName)
        assertFalse(User("a", "b").emailVerified)
    }

    @Test
    fun `models can be sent elsewhere`() {
        val bytes = ByteArrayOutputStream()
        val models = listOf(principal(), User("a", "b", givenName = "c"), UserUpdate("Ada", null, true), AuthType.PASSKEY)
        ObjectOutputStream(bytes).use { it.writeObject(ArrayList(models)) }
        assertEquals(models, ObjectInputStream(ByteArrayInputStream(bytes.toByteArray())).readObject())
    }

    @Test
    fun `an application puts something of its own in a client's place`() {
        val client = object : PasslockOperations {
            override suspend fun exchangeToken(token: String, options: CallOptions) = principal(sub = token)
            override suspend fun getUser(sub: String, options: CallOptions) = User(sub, "$sub@example.com")
            override suspend fun updateUser(sub: String, update: UserUpdate, options: CallOptions) =
                User(sub, "$sub@example.com", givenName = update.givenName)
        }
        suspend fun logsIn(client: PasslockOperations) = client.getUser(client.exchangeToken("user-1").sub)
        assertEquals("user-1@example.com", within { logsIn(client) }.email)
        ada()
        val token = emulator.issueToken("user-1")
        // The client is one, too.
        assertEquals("user-1", withClient { (it as PasslockOperations).exchangeToken(token) }.sub)
    }
}

internal fun principal(sub: String = "user-1"): Principal = Principal(
    iss = "https://idp.passlock.dev",
    aud = "tenancy-1",
    sub = sub,
    iat = Instant.EPOCH,
    nbf = Instant.EPOCH,
    exp = Instant.EPOCH,
    jti = "jti-canary",
    token = "token-canary",
    userVerified = true,
    authType = AuthType.PASSKEY,
    authId = "auth-1",
)

/** The version in the package's manifest file. */
internal fun packageVersion(): String =
    java.io.File("pom.xml").readText().substringAfter("<version>").substringBefore("</version>")
