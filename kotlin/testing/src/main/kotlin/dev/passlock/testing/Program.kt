package dev.passlock.testing

import java.io.File
import java.io.IOException
import java.net.HttpURLConnection
import java.net.Proxy
import java.net.URI
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import kotlinx.serialization.SerializationException

/** The name of the program that is the emulator. */
private const val NAME = "passlock-cli"

/** How many seconds it may take to report where it listens. */
private const val PATIENCE = 10L

/** The version of the control API that this speaks. */
private const val PROTOCOL = 1.0

private const val HOW_TO_GET_IT =
    "add the dependency dev.passlock:passlock-cli, or build it in a checkout of the Passlock SDK with: cargo build -p passlock-cli, and set PASSLOCK_CLI to its path"

/** The emulator as a process, and what it reported when it was ready. */
internal class Program private constructor(private val process: Process, private val ready: Map<*, *>) {
    operator fun get(name: String): String = ready[name] as String

    /** Sends a request from the emulator's manual to the control API, and returns the response. */
    fun request(method: String, what: String, body: Any?): Map<*, *> = try {
        answer(method, what, body)
    } catch (error: IOException) {
        throw EmulatorException("the emulator does not respond, or is not running: ${error.message}", error)
    }

    private fun answer(method: String, what: String, body: Any?): Map<*, *> {
        // It is on this machine, whatever proxy the JVM was told of.
        val connection = URI("${this["control"]}/$what").toURL().openConnection(Proxy.NO_PROXY) as HttpURLConnection
        connection.requestMethod = method
        connection.connectTimeout = TimeUnit.SECONDS.toMillis(PATIENCE).toInt()
        connection.readTimeout = connection.connectTimeout
        if (body != null) {
            connection.doOutput = true
            connection.setRequestProperty("Content-Type", "application/json")
            connection.outputStream.use { it.write(json(body).toString().toByteArray()) }
        }
        if (connection.responseCode != 200) {
            val why = connection.errorStream?.use { it.readBytes().decodeToString() }
            throw EmulatorException("the emulator refused /$what: $why")
        }
        return parsed(connection.inputStream.use { it.readBytes().decodeToString() }) as Map<*, *>
    }

    /** Ends it. Ending it again does nothing. */
    fun stop() {
        // It ends when its standard input does.
        try {
            process.outputStream.close()
        } catch (_: IOException) {
            // It has ended already.
        }
        if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly().waitFor()
    }

    companion object {
        /**
         * Starts it.
         *
         * @throws EmulatorException if it is missing, does not start in time, or is a different program, which is then killed
         */
        fun start(arguments: List<String>, program: String = find()): Program {
            val command = listOf(program, "emulate", "--json", "--exit-with-stdin") + arguments
            val process = try {
                ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start()
            } catch (error: IOException) {
                throw EmulatorException("$program can't be started; ${if (Packaged.isCopy(program)) Packaged.ADVICE else HOW_TO_GET_IT}", error)
            }
            try {
                return checked(Program(process, ready(process, program)), program)
            } catch (error: Throwable) {
                process.destroyForcibly()
                throw error
            }
        }

        private fun ready(process: Process, program: String): Map<*, *> {
            val line = CompletableFuture<String?>()
            val reader = Thread({
                try {
                    line.complete(process.inputStream.bufferedReader().readLine())
                } catch (error: IOException) {
                    line.completeExceptionally(error)
                }
            }, "passlock-emulator")
            reader.isDaemon = true
            reader.start()
            val said = try {
                line.get(PATIENCE, TimeUnit.SECONDS)
            } catch (_: TimeoutException) {
                throw EmulatorException("$program was not ready within $PATIENCE seconds: is it the Passlock SDK's?")
            } catch (error: ExecutionException) {
                throw EmulatorException("can't read the output of $program", error.cause)
            }
            if (said == null) {
                val status = if (process.waitFor(1, TimeUnit.SECONDS)) " with status ${process.exitValue()}" else ""
                throw EmulatorException("$program ended$status before it was ready: its standard error says why. If it is not the Passlock SDK's program, $HOW_TO_GET_IT")
            }
            val ready = try {
                parsed(said) as? Map<*, *>
            } catch (_: SerializationException) {
                null
            } catch (_: NumberFormatException) {
                null
            }
            val names = listOf("endpoint", "tenancyId", "apiKey", "control")
            return ready?.takeIf { it.keys.containsAll(names) && names.all { name -> ready[name] is String } }
                ?: throw EmulatorException(stranger(program))
        }

        private fun checked(emulator: Program, program: String): Program {
            val health = try {
                emulator.request("GET", "health", null)
            } catch (error: Exception) {
                throw EmulatorException(stranger(program), error)
            }
            if ("protocol" !in health) throw EmulatorException(stranger(program))
            if (health["protocol"] != PROTOCOL) {
                throw EmulatorException("$program has a different version (${health["version"]}): install the version that matches this package")
            }
            return emulator
        }

        private fun stranger(program: String) = "$program is not the Passlock SDK's program; $HOW_TO_GET_IT"

        /** The artifact's, else the one that `PASSLOCK_CLI` names, else the first on the `PATH` (on Windows, `Path`). */
        fun find(packaged: String? = Packaged.program, variable: (String) -> String? = System::getenv): String {
            (packaged ?: variable("PASSLOCK_CLI")?.takeIf { it.isNotEmpty() })?.let { return it }
            return variable("PATH").orEmpty().split(File.pathSeparator)
                // On Windows without its suffix it is npm's script for other shells, which can't be started so.
                .map { folder -> File(folder, Packaged.file()) }
                .firstOrNull { it.isFile && it.canExecute() }?.path
                ?: throw EmulatorException(
                    "the program $NAME, which is the emulator, is neither a dependency for this platform, nor named by PASSLOCK_CLI, nor on the PATH; $HOW_TO_GET_IT",
                )
        }
    }
}
