package dev.passlock.internal

import com.sun.jna.Native
import com.sun.jna.NativeLibrary
import com.sun.jna.Platform
import dev.passlock.ErrorKind
import dev.passlock.PasslockException
import java.io.IOException

private const val NAME = "passlock_uniffi"

/** All the platforms that a released jar may carry, by JNA's names. */
private val PLATFORMS = listOf(
    "linux-x86-64" to "lib$NAME.so",
    "linux-aarch64" to "lib$NAME.so",
    "darwin-x86-64" to "lib$NAME.dylib",
    "darwin-aarch64" to "lib$NAME.dylib",
    "win32-x86-64" to "$NAME.dll",
)

private object Loader

/** Found once. A failure is kept as text, so that each client that can't be made has an exception of its own. */
private val found: Result<String> by lazy {
    try {
        val path = locate()
        NativeLibrary.getInstance(path)
        Result.success(path)
    } catch (error: LinkageError) {
        Result.failure(error)
    } catch (error: IOException) {
        Result.failure(error)
    }
}

/**
 * Where the native library is, for the generated code. It is taken from this jar and from nowhere else, so that a library
 * of another version, which may lie around on the machine, is never picked up.
 *
 * @throws PasslockException.Config when there is none for this platform, or it can't be loaded
 */
internal fun nativeLibrary(): String = found.getOrElse { throw unusable(it) }

private fun locate(): String {
    System.getProperty("dev.passlock.library")?.let { return it }
    // On Android the library comes with the app, and is found by its name.
    if (Platform.isAndroid()) return NAME
    return Native.extractFromResourcePath(NAME, Loader::class.java.classLoader).absolutePath
}

private fun unusable(error: Throwable): PasslockException {
    val platform = Platform.RESOURCE_PREFIX
    val carried = PLATFORMS.filter { (prefix, file) -> Loader::class.java.getResource("/$prefix/$file") != null }
        .map { (prefix, _) -> prefix }
    val message = if (platform in carried) {
        "the native library for $platform can't be loaded: is the folder for temporary files (jna.tmpdir) writable and " +
            "executable, and the C library glibc?"
    } else {
        "there is no native library for this platform, $platform; this jar carries ${carried.joinToString().ifEmpty { "none" }}"
    }
    return PasslockException.of(ErrorFields(ErrorKind.CONFIG, message, cause = error.toString()))
}
