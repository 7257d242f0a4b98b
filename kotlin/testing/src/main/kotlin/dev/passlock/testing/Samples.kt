package dev.passlock.testing

import dev.passlock.AuthType
import dev.passlock.Principal
import dev.passlock.User
import java.time.Instant
import java.time.temporal.ChronoUnit

/**
 * Sample principals and users for tests: `Samples.principal(sub = "user-7")`.
 * Every field has a default.
 */
public object Samples {
    /** A user who has just logged in with a passkey. */
    @JvmStatic
    @JvmOverloads
    public fun principal(
        sub: String = "user-1",
        email: String? = "ada@example.com",
        givenName: String? = "Ada",
        familyName: String? = "Lovelace",
        emailVerified: Boolean? = true,
        authType: AuthType = AuthType.PASSKEY,
        userVerified: Boolean = true,
        aud: String = "tenancy-1",
        iat: Instant = Instant.now().truncatedTo(ChronoUnit.SECONDS),
        exp: Instant = iat.plusSeconds(360),
    ): Principal = Principal(
        iss = "https://idp.passlock.dev",
        aud = aud,
        sub = sub,
        iat = iat,
        nbf = iat,
        exp = exp,
        jti = "sample-jti",
        token = "sample-token",
        userVerified = userVerified,
        authType = authType,
        authId = "sample-authenticator",
        givenName = givenName,
        familyName = familyName,
        email = email,
        emailVerified = emailVerified,
    )

    /** A user. */
    @JvmStatic
    @JvmOverloads
    public fun user(
        sub: String = "user-1",
        email: String = "ada@example.com",
        givenName: String? = "Ada",
        familyName: String? = "Lovelace",
        emailVerified: Boolean = true,
    ): User = User(sub, email, givenName, familyName, emailVerified)
}
