package dev.passlock.testing

import java.io.File
import java.io.IOException
import java.io.InputStream
import java.nio.file.Files
import java.nio.file.StandardOpenOption

/** The program that the artifact `passlock-cli` carries for this platform, where that is a dependency. */
internal object Packaged {
    /** What to look at when its copy can't be made or started: no other program is looked for. */
    const val ADVICE =
        "the dependency passlock-cli carries it: is the folder for temporary files (java.io.tmpdir) writable and executable, and is there room in it?"

    private val copy = lazy { unpacked(Packaged::class.java.classLoader)?.path }

    /** One copy for the process: it is deleted when that ends. */
    val program: String? by copy

    fun isCopy(program: String) = copy.isInitialized() && program == copy.value

    /** Null without the artifact, or when it carries none for this platform. */
    fun unpacked(loader: ClassLoader): File? =
        loader.getResourceAsStream("passlock-cli/${platform()}/${file()}")?.use {
            try {
                unpack(it)
            } catch (error: IOException) {
                throw EmulatorException("${file()} can't be unpacked; $ADVICE", error)
            }
        }

    private fun unpack(packed: InputStream): File {
        // Only its owner can read or change it, from the beginning.
        val copy = Files.createTempFile("passlock-cli-${ProcessHandle.current().pid()}-", ".exe".takeIf { onWindows() } ?: "")
        copy.toFile().deleteOnExit()
        if (onWindows()) deleteOthers(copy.toFile().parentFile)
        // Into the very file that was made so: one that took its place would have the permissions of any other.
        Files.newOutputStream(copy, StandardOpenOption.WRITE).use { packed.transferTo(it) }
        copy.toFile().setExecutable(true)
        return copy.toFile()
    }

    /**
     * Deletes the copies of processes that have ended: Windows deletes no program that runs, and an emulator may run until its
     * process has ended. The age of a copy says nothing: its process may start it again at any time.
     */
    private fun deleteOthers(folder: File) {
        val name = Regex("passlock-cli-(\\d{1,18})-\\d+\\.exe")
        for (file in folder.listFiles().orEmpty()) {
            val (pid) = name.matchEntire(file.name)?.destructured ?: continue
            if (ProcessHandle.of(pid.toLong()).isEmpty) file.delete()
        }
    }

    /** The folder of this platform in the jar. */
    fun platform(): String {
        val name = System.getProperty("os.name").lowercase()
        val system = when {
            name.startsWith("mac") -> "darwin"
            name.startsWith("windows") -> "win32"
            else -> name
        }
        val machine = System.getProperty("os.arch")
        return "$system-${if (machine == "amd64" || machine == "x86_64") "x86-64" else machine}"
    }

    /** The program's name here. */
    fun file(): String = if (onWindows()) "passlock-cli.exe" else "passlock-cli"

    private fun onWindows() = platform().startsWith("win32")
}
