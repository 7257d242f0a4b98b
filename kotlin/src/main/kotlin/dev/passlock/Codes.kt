package dev.passlock

/** The kind of an error. The list is the same in all languages of the SDK. */
public enum class ErrorKind(
    /** The code that all languages share, as in `invalid_input`. */
    public val code: String,
) {
    /** A setting is missing or wrong, the client is closed, or there is no native library for this platform. */
    CONFIG("config"),

    /** An argument was refused before anything was sent. */
    INVALID_INPUT("invalid_input"),

    /** HTTP 401: the API key or the tenancy id was refused. */
    UNAUTHORIZED("unauthorized"),

    /** HTTP 403: the key lacks permission, or the key or the user is disabled. */
    FORBIDDEN("forbidden"),

    /** HTTP 404: no such user, or a token that is unknown or expired. */
    NOT_FOUND("not_found"),

    /** HTTP 429. */
    RATE_LIMITED("rate_limited"),

    /** Any other 4xx. */
    BAD_REQUEST("bad_request"),

    /** HTTP 5xx. */
    SERVER("server"),

    /** A time limit was exceeded. */
    TIMEOUT("timeout"),

    /** No connection, or it closed before the response was complete: DNS, refused, TLS, reset, cut off. */
    CONNECTION("connection"),

    /** A response that can't be understood. */
    PROTOCOL("protocol"),

    /** A well-formed principal that is not for this tenancy or not valid now. */
    CLAIMS("claims"),

    /** An internal error in the SDK: please report it as a bug. */
    INTERNAL("internal"),
}

/** One of the operations. */
public enum class Operation(
    /** The code, which is the same in all languages. */
    public val code: String,
    /** What its argument is called. */
    @get:JvmSynthetic internal val argument: String,
) {
    /** [PasslockClient.exchangeToken]. */
    EXCHANGE_TOKEN("exchange_token", "token"),

    /** [PasslockClient.getUser]. */
    GET_USER("get_user", "sub"),

    /** [PasslockClient.updateUser]. */
    UPDATE_USER("update_user", "sub"),
}

/** A time limit. */
public enum class Limit(
    /** The code, which is the same in all languages. */
    public val code: String,
) {
    /** On the whole call. */
    TIMEOUT("timeout"),

    /** On one attempt. */
    ATTEMPT_TIMEOUT("attempt_timeout"),

    /** On opening a connection. */
    CONNECT_TIMEOUT("connect_timeout"),
}

/** A claim of a principal. */
public enum class Claim(
    /** The code, which is the same in all languages. */
    public val code: String,
) {
    /** Audience. */
    AUD("aud"),

    /** Issuer. */
    ISS("iss"),

    /** Not valid before. */
    NBF("nbf"),

    /** Expires at. */
    EXP("exp"),

    /** Whether the user was verified. */
    USER_VERIFIED("user_verified"),

    /** How the user logged in. */
    AUTH_TYPE("auth_type"),
}

/** A likely cause of an error. */
public enum class Hint(
    /** The code, which is the same in all languages. */
    public val code: String,
) {
    /** The service behind the endpoint has no such route: the tenancy may be served at another endpoint. */
    WRONG_ENDPOINT("wrong_endpoint"),
}
