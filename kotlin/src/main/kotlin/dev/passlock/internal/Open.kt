package dev.passlock.internal

import dev.passlock.ErrorKind
import dev.passlock.PasslockOptions

/**
 * Opens a client of the native library, and gives what makes its calls.
 *
 * @throws dev.passlock.PasslockException when a setting is missing or wrong, or there is no native library for this platform
 */
internal fun open(options: PasslockOptions): Calls {
    options.settings.requireUnicode(ErrorKind.CONFIG, operation = null)
    val environment = options.environment ?: variables()
    // A variable that can't cross can be no setting either.
    return Calls(Bridge.open(options.settings, environment.filterValues(::isUnicode)), options.listener)
}

private fun variables(): Map<String, String> =
    Bridge.environmentVariables().mapNotNull { name -> System.getenv(name)?.let { name to it } }.toMap()
