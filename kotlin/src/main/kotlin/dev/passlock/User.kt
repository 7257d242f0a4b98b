package dev.passlock

import dev.passlock.internal.Settings
import java.io.Serializable
import java.util.Objects

/** A user, as the service returns it. */
public class User(
    /** The user's id. */
    public val sub: String,
    /** Email address: the passkey's user name on the device, so it can't be changed. */
    public val email: String,
    /** Given name. */
    public val givenName: String? = null,
    /** Family name. */
    public val familyName: String? = null,
    /** Whether the email address is verified; false if the API does not say. */
    public val emailVerified: Boolean = false,
) : Serializable {
    override fun equals(other: Any?): Boolean =
        other is User && other.sub == sub && other.email == email && other.givenName == givenName &&
            other.familyName == familyName && other.emailVerified == emailVerified

    override fun hashCode(): Int = Objects.hash(sub, email, givenName, familyName, emailVerified)

    override fun toString(): String =
        "User(sub=$sub, email=$email, givenName=$givenName, familyName=$familyName, emailVerified=$emailVerified)"

    private companion object {
        private const val serialVersionUID = 1L
    }
}

/**
 * The changes to make to a user. Null leaves a field unchanged; an empty string is sent as such.
 *
 * The email address can't be changed: it is the passkey's user name on the user's device. An update with no fields is
 * refused.
 */
public class UserUpdate @JvmOverloads constructor(
    /** Given name. */
    public val givenName: String? = null,
    /** Family name. */
    public val familyName: String? = null,
    /** Whether the email address is verified. */
    public val emailVerified: Boolean? = null,
) : Serializable {
    /** The changes, as they cross. */
    @get:JvmSynthetic
    internal val fields: Settings
        get() = Settings.of("givenName" to givenName, "familyName" to familyName, "emailVerified" to emailVerified)

    /** A copy of this update with a different given name: for Java, which has no named parameters. */
    public fun withGivenName(givenName: String?): UserUpdate = UserUpdate(givenName, familyName, emailVerified)

    /** A copy of this update with a different family name. */
    public fun withFamilyName(familyName: String?): UserUpdate = UserUpdate(givenName, familyName, emailVerified)

    /** A copy of this update with a different `emailVerified`. */
    public fun withEmailVerified(emailVerified: Boolean?): UserUpdate = UserUpdate(givenName, familyName, emailVerified)

    override fun equals(other: Any?): Boolean =
        other is UserUpdate && other.givenName == givenName && other.familyName == familyName &&
            other.emailVerified == emailVerified

    override fun hashCode(): Int = Objects.hash(givenName, familyName, emailVerified)

    override fun toString(): String =
        "UserUpdate(givenName=$givenName, familyName=$familyName, emailVerified=$emailVerified)"

    private companion object {
        private const val serialVersionUID = 1L
    }
}
