package dev.passlock.testing

/** A request that an emulator has seen. */
public class JournalEntry internal constructor(@get:JvmSynthetic internal val fields: Map<*, *>) {
    /** The method. */
    public val method: String get() = fields["method"] as String

    /** The request target, exactly as on the wire. */
    public val path: String get() = fields["path"] as String

    /** The headers: names in lower case; the value of `authorization` is replaced by its SHA-256, in hexadecimal digits. */
    public val headers: Map<String, String>
        get() = (fields["headers"] as Map<*, *>).entries.associate { (name, value) -> name as String to value as String }

    /** The first 64 KiB of the body, as text. */
    public val body: String get() = fields["body"] as String

    /** The number of its TCP connection. */
    public val connection: Long get() = (fields["connection"] as Double).toLong()

    /** `pending`, `answered`, `clientClosed` or `faulted`. */
    public val outcome: String get() = fields["outcome"] as String

    /** The operation, such as `get_user`, or null for any other request. */
    public val operation: String? get() = fields["operation"] as String?

    /** The kind of the injected fault, or null. */
    public val fault: String? get() = fields["fault"] as String?

    /** When its head arrived, in milliseconds since the Unix epoch. */
    public val atMillis: Double get() = fields["atMillis"] as Double

    /** When it ended, on the same clock; null if it has not. */
    public val endedAtMillis: Double? get() = fields["endedAtMillis"] as Double?

    /** Without the path, which may contain a token. */
    override fun toString(): String = "JournalEntry(method=$method, outcome=$outcome, connection=$connection, fault=$fault)"
}
