package dev.passlock.testing

/** The emulator could not be started, is not running, or refused a command. The message says why, and what to do. */
public class EmulatorException internal constructor(message: String, cause: Throwable? = null) : IllegalStateException(message, cause)
