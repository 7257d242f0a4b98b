package dev.passlock.internal

import dev.passlock.ErrorKind
import dev.passlock.PasslockException
import java.io.IOException
import java.io.InputStream
import java.nio.file.DirectoryIteratorException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption
import java.time.Duration
import java.time.Instant
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

private const val NAME = "passlock_jni"

/** The property that names a file that is already unpacked. */
private const val LIBRARY = "dev.passlock.library"

/** All the platforms that a released jar may carry a library for, by the names of its folders. */
private val PLATFORMS = listOf(
    "linux-x86-64" to "lib$NAME.so",
    "linux-aarch64" to "lib$NAME.so",
    "darwin-x86-64" to "lib$NAME.dylib",
    "darwin-aarch64" to "lib$NAME.dylib",
    "win32-x86-64" to "$NAME.dll",
)

/** How old a copy is that is certainly not about to be loaded. */
private val LEFT_OVER = Duration.ofMinutes(1)

/** One thread loads it at a time. The thread that carries calls on never waits for this: it is there when the library is. */
private val loading = ReentrantLock()

@Volatile
private var loaded = false

/**
 * Sees to it that the native library is there. It is taken from this jar and from nowhere else, so that a library of another
 * version, which may lie around on the machine, is never picked up.
 *
 * A failure is not remembered: a full disk, or a lack of descriptors, may be over when the next client is made.
 *
 * @throws PasslockException.Config when there is none for this platform, or it can't be loaded
 */
internal fun requireLibrary() {
    if (loaded) return
    loading.withLock {
        if (loaded) return
        try {
            load()
        } catch (error: LinkageError) {
            throw unusable(error)
        } catch (error: IOException) {
            throw unusable(error)
        } catch (error: RuntimeException) {
            throw unusable(error)
        }
        loaded = true
    }
}

private fun load() {
    System.getProperty(LIBRARY)?.let { return System.load(it) }
    val file = System.mapLibraryName(NAME)
    val packed = Native::class.java.getResourceAsStream("/${platform()}/$file")
        ?: throw UnsatisfiedLinkError("there is no ${platform()}/$file in the jar")
    val copy = packed.use { unpack(it, file) }
    try {
        System.load(copy.toString())
    } finally {
        if (!deleted(copy)) deleteOthers(copy, file)
    }
}

/** Writes the library to a file that only its owner can read or change. */
internal fun unpack(packed: InputStream, file: String): Path {
    val copy = Files.createTempFile("passlock-", file)
    try {
        // Into the very file that was made so: one that took its place would have the permissions of any other.
        Files.newOutputStream(copy, StandardOpenOption.WRITE).use { packed.transferTo(it) }
    } catch (error: IOException) {
        deleted(copy)
        throw error
    }
    return copy
}

/** Whether it is gone: Windows deletes no library that is in use. */
private fun deleted(copy: Path): Boolean = try {
    Files.deleteIfExists(copy)
    true
} catch (_: IOException) {
    false
}

/** Deletes the copies of processes that have ended. */
internal fun deleteOthers(copy: Path, file: String) {
    val before = Instant.now() - LEFT_OVER
    try {
        Files.newDirectoryStream(copy.parent, "passlock-*$file").use { copies ->
            copies.filter { Files.getLastModifiedTime(it).toInstant() < before }.forEach(::deleted)
        }
    } catch (_: IOException) {
        // Another process deletes them as well.
    } catch (_: DirectoryIteratorException) {
        // As above.
    }
}

/** This platform, as [PLATFORMS] name it. */
private fun platform(): String {
    val name = System.getProperty("os.name").lowercase()
    val system = when {
        name.startsWith("mac") -> "darwin"
        name.startsWith("windows") -> "win32"
        else -> name
    }
    val machine = System.getProperty("os.arch")
    return "$system-${if (machine == "amd64" || machine == "x86_64") "x86-64" else machine}"
}

private fun unusable(cause: Throwable): PasslockException {
    val platform = platform()
    val carried = PLATFORMS.filter { (folder, file) -> Native::class.java.getResource("/$folder/$file") != null }
        .map { (folder, _) -> folder }
    val named = System.getProperty(LIBRARY)
    val message = if (cause is IllegalCallerException) {
        "this Java allows no native code here: start it with --enable-native-access=${Native::class.java.module.name ?: "ALL-UNNAMED"}"
    } else if (named != null) {
        "the native library that the property $LIBRARY names can't be loaded: is it there, made for $platform, and used by no " +
            "other class loader?"
    } else if (platform in carried) {
        "the native library for $platform can't be loaded: is the folder for temporary files (java.io.tmpdir) writable and " +
            "executable, and is there room in it, and is the C library glibc?"
    } else {
        "there is no native library for this platform, $platform; this jar carries ${carried.joinToString().ifEmpty { "none" }}"
    }
    return PasslockException.of(ErrorFields(ErrorKind.CONFIG, message, cause = cause.toString()))
}
