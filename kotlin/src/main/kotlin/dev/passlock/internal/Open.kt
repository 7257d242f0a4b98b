package dev.passlock.internal

import dev.passlock.ErrorKind
import dev.passlock.PasslockException
import dev.passlock.PasslockOptions

/**
 * Opens a client of the native library, and gives what makes its calls.
 *
 * @throws dev.passlock.PasslockException when a setting is missing or wrong, or there is no native library for this platform
 */
internal fun open(options: PasslockOptions): Calls {
    options.settings.requireUnicode(ErrorKind.CONFIG, operation = null)
    val environment = options.environment ?: variables()
    for ((name, value) in environment) {
        val setting = setting(name) ?: continue
        if (options.settings[setting] == null) requireReadable(name, value)
    }
    // What is given overrides it, so a variable that can't cross does nothing.
    return Calls(Bridge.open(options.settings, environment.filterValues(::isUnicode)), options.listener)
}

private fun variables(): Map<String, String> =
    Bridge.environmentVariables().mapNotNull { name -> System.getenv(name)?.let { name to it } }.toMap()

/** The setting that overrides this environment variable, if any. */
private fun setting(variable: String): String? = when (variable) {
    "PASSLOCK_TENANCY_ID" -> "tenancyId"
    "PASSLOCK_API_KEY" -> "apiKey"
    "PASSLOCK_ENDPOINT" -> "endpoint"
    else -> "proxy".takeIf { variable.endsWith("_proxy", ignoreCase = true) }
}

/** Refuses what Java could not read: it puts U+FFFD wherever a byte has no meaning in the encoding of its locale. */
private fun requireReadable(name: String, value: String) {
    if (isUnicode(value) && '\uFFFD' !in value) return
    val message = "Java can't read the environment variable $name: is its locale a UTF-8 one, such as LC_ALL=C.UTF-8?"
    throw PasslockException.of(ErrorFields.of(Bridge.failure(ErrorKind.CONFIG.code, null, null, null, message)))
}
