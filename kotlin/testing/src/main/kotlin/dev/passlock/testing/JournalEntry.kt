package dev.passlock.testing

/** A request that an emulator has seen. */
public class JournalEntry internal constructor(@get:JvmSynthetic internal val fields: Map<*, *>) {
    /** The method. */
    public val method: String get() = fields["method"] as String

    /** The request target, exactly as on the wire. */
    public val path: String get() = fields["path"] as String

    /** The headers: names in lower case; the API key's value is hashed. */
    public val headers: Map<String, String>
        get() = (fields["headers"] as Map<*, *>).entries.associate { (name, value) -> name as String to value as String }

    /** The body, as text. */
    public val body: String get() = fields["body"] as String

    /** A number for each connection. */
    public val connection: Long get() = (fields["connection"] as Double).toLong()

    /** `pending`, `answered`, `clientClosed` or `faulted`. */
    public val outcome: String get() = fields["outcome"] as String

    /** The fault that it met. */
    public val fault: String? get() = fields["fault"] as String?

    /** Without the path, which may hold a token. */
    override fun toString(): String = "JournalEntry(method=$method, outcome=$outcome, connection=$connection, fault=$fault)"
}
