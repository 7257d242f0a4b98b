package dev.passlock

import java.io.Serializable
import java.time.Instant
import java.util.Objects

/**
 * A user who has just logged in, as asserted by Passlock.
 *
 * [token] and [jti] are credentials: [toString] hides them. Reading the properties reveals them, and so does anything that
 * reads them for you, such as a JSON mapper or Java's serialization.
 */
public class Principal(
    /** The issuer. */
    public val iss: String,
    /** The tenancy id that the principal is for. */
    public val aud: String,
    /** The user's id. */
    public val sub: String,
    /** When the token was issued. */
    public val iat: Instant,
    /** Not valid before. */
    public val nbf: Instant,
    /** Expires at. */
    public val exp: Instant,
    /** The token's id: a credential. */
    public val jti: String,
    /** The token: a credential. */
    public val token: String,
    /** Whether the authenticator verified the user, by PIN or biometrics. */
    public val userVerified: Boolean,
    /** How the user logged in. */
    public val authType: AuthType,
    /** The authenticator's id. */
    public val authId: String,
    /** Given name. */
    public val givenName: String? = null,
    /** Family name. */
    public val familyName: String? = null,
    /** Email address. */
    public val email: String? = null,
    /** Whether the email address is verified; null if the API does not say. */
    public val emailVerified: Boolean? = null,
) : Serializable {
    override fun equals(other: Any?): Boolean = other is Principal && other.values() == values()

    override fun hashCode(): Int = Objects.hash(sub, iat, jti, token)

    override fun toString(): String =
        "Principal(iss=$iss, aud=$aud, sub=$sub, iat=$iat, nbf=$nbf, exp=$exp, jti=[redacted], token=[redacted], " +
            "userVerified=$userVerified, authType=$authType, authId=$authId, givenName=$givenName, " +
            "familyName=$familyName, email=$email, emailVerified=$emailVerified)"

    private fun values(): List<Any?> = listOf(
        iss, aud, sub, iat, nbf, exp, jti, token, userVerified, authType, authId, givenName, familyName, email,
        emailVerified,
    )

    private companion object {
        private const val serialVersionUID = 1L
    }
}
