package dev.passlock

import java.io.Serializable

/** How a user logged in. Values that this version does not know are kept as they are. */
public class AuthType(
    /** The API's own name for it. */
    public val value: String,
) : Serializable {
    override fun equals(other: Any?): Boolean = other is AuthType && other.value == value

    override fun hashCode(): Int = value.hashCode()

    /** The API's own name for it. */
    override fun toString(): String = value

    public companion object {
        private const val serialVersionUID = 1L

        /** With a passkey. */
        @JvmField
        public val PASSKEY: AuthType = AuthType("passkey")

        /** With a link or code sent by email. */
        @JvmField
        public val EMAIL: AuthType = AuthType("email")

        /** With an Apple account. */
        @JvmField
        public val APPLE: AuthType = AuthType("apple")

        /** With a Google account. */
        @JvmField
        public val GOOGLE: AuthType = AuthType("google")
    }
}
