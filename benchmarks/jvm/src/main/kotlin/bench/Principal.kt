package bench

import com.fasterxml.jackson.annotation.JsonIgnoreProperties
import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.ObjectReader

/** What a user would write by hand on another client: a record for the principal, decoded by Jackson. */
@JvmRecord
@JsonIgnoreProperties(ignoreUnknown = true)
data class Principal(
    val iss: String,
    val aud: String,
    val sub: String,
    val iat: Double,
    val nbf: Double,
    val exp: Double,
    val jti: String,
    val token: String,
    val userVerified: Boolean,
    val authType: String,
    val authId: String,
    val givenName: String?,
    val familyName: String?,
    val email: String?,
    val emailVerified: Boolean?,
)

private val reader: ObjectReader = ObjectMapper().readerFor(Principal::class.java)

/** A status other than success is an error. */
fun principal(status: Int, body: ByteArray): Principal {
    check(status == 200) { "status $status" }
    return reader.readValue(body)
}
