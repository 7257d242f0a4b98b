package dev.passlock

import io.opentelemetry.api.trace.SpanKind
import io.opentelemetry.api.trace.StatusCode
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter
import io.opentelemetry.sdk.trace.SdkTracerProvider
import io.opentelemetry.sdk.trace.data.SpanData
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor
import java.io.File
import kotlin.concurrent.thread
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.assertThrows

/** The spans that OpenTelemetry gets by the README's listener, in its own exporter's hands. */
internal class TelemetryTest : EmulatorTest() {
    private val exporter: InMemorySpanExporter = InMemorySpanExporter.create()
    private val provider = SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(exporter)).build()
    private val tracer = provider.get("test")
    private val listener = Tracing(tracer)
    private val port get() = emulator.endpoint.substringAfterLast(':').toLong()

    /** What the calls of a login leave behind, in order: each call, and its requests before it or after it. */
    private fun spans(way: Way, login: (AnyClient) -> Unit): List<SpanData> {
        emulator.reset()
        exporter.reset()
        val options = emulator.options().headers(mapOf("x-gateway-key" to "canary")).maxRetries(1).listener(listener).build()
        val parent = tracer.spanBuilder("login").startSpan()
        way.open(options).use { client -> parent.makeCurrent().use { login(client) } }
        parent.end()
        eventually { exporter.finishedSpanItems.any { it.name !in listOf("login") && it.kind == SpanKind.INTERNAL } }
        val spans = exporter.finishedSpanItems
        assertFalse("canary" in spans.toString(), "$spans")
        for (call in spans.filter { it.kind == SpanKind.INTERNAL && it.name != "login" }) {
            assertEquals(parent.spanContext.spanId to parent.spanContext.traceId, call.parentSpanId to call.traceId)
        }
        return spans.filter { it.name != "login" }
    }

    private fun attributes(span: SpanData): Map<String, Any> = span.attributes.asMap().mapKeys { it.key.key }

    @TestFactory
    fun `a call with one retry is a span with two in it`() = Way.each { way ->
        val (call, first, second) = spans(way) { client ->
            emulator.fault("status", mapOf("status" to 503), operation = Operation.EXCHANGE_TOKEN)
            client.exchangeToken(emulator.issueToken(ada().sub))
        }
        assertEquals("exchange_token" to StatusCode.UNSET, call.name to call.status.statusCode)
        assertEquals(setOf("passlock.operation", "passlock.attempts", "passlock.request_id"), attributes(call).keys)
        assertEquals("exchange_token" to 2L, attributes(call)["passlock.operation"] to attributes(call)["passlock.attempts"])
        for (attempt in listOf(first, second)) {
            assertEquals("GET /{tenancyId}/token/{token}" to SpanKind.CLIENT, attempt.name to attempt.kind)
            assertEquals(call.spanId, attempt.parentSpanId)
        }
        val every = mapOf(
            "http.request.method" to "GET", "url.template" to "/{tenancyId}/token/{token}", "server.address" to "127.0.0.1", "server.port" to port,
        )
        assertEquals(every + mapOf("http.response.status_code" to 503L, "error.type" to "503"), attributes(first))
        assertEquals(every + mapOf("http.response.status_code" to 200L, "http.request.resend_count" to 1L), attributes(second))
        assertEquals(listOf(StatusCode.ERROR, StatusCode.UNSET), listOf(first, second).map { it.status.statusCode })
        val times = listOf(
            call.startEpochNanos, first.startEpochNanos, first.endEpochNanos, second.startEpochNanos, second.endEpochNanos, call.endEpochNanos,
        )
        assertEquals(times.sorted(), times)
    }

    @TestFactory
    fun `a call that fails says how`() = Way.each { way ->
        val spans = spans(way) { client ->
            assertThrows<PasslockException.NotFound> { client.getUser("user-canary") }
            emulator.fault("reset", times = 2)
            assertThrows<PasslockException.Connection> { client.getUser("user-canary") }
        }
        assertEquals(setOf(StatusCode.ERROR), spans.map { it.status.statusCode }.toSet())
        assertEquals(listOf("not_found", "404", "connection", "connection", "connection"), spans.map { attributes(it)["error.type"] })
        assertFalse("http.response.status_code" in attributes(spans.last()))
    }

    @TestFactory
    fun `a call that is ended early is a span alone`() = Way.each { way ->
        val (call) = spans(way) { client ->
            emulator.fault("hang")
            val caller = Thread.currentThread()
            val interrupts = thread {
                eventually { emulator.journal().size == 1 }
                caller.interrupt()
            }
            assertThrows<Exception> { client.getUser("user-1") }
            // Some clients leave the thread interrupted, as they should: then it can't wait.
            Thread.interrupted()
            interrupts.join()
        }.also { assertEquals(1, it.size) }
        assertEquals("get_user" to StatusCode.ERROR, call.name to call.status.statusCode)
        assertEquals(mapOf("passlock.operation" to "get_user", "error.type" to "cancelled"), attributes(call))
    }

    @Test
    fun `the README's example is this one`() {
        ada()
        val printed = mutableListOf<String>()
        fun println(line: String) { printed += line }
        within {
            val options = emulator.options().listener { report ->
                println("${report.operation}: ${report.errorType ?: "ok"} after ${report.info.attempts} attempts")
            }
            PasslockClient(options.build()).use { client ->
                val (user, info) = client.getUserWithInfo("user-1")
                println("${user.sub}: request ${info.requestId} took ${info.elapsed}")
            }
        }
        assertEquals("get_user: ok after 1 attempts", printed[0])
        assertTrue(printed[1].startsWith("user-1: request "))
        val test = File("../src/test/kotlin/dev/passlock/TelemetryTest.kt").readText()
        val shown = readme("getUserWithInfo(").trimIndent().prependIndent(" ".repeat(12))
        assertTrue(shown in test, "the README has something else")
    }

    @Test
    fun `the README's listener is this one`() = assertEquals(tested("Tracing.kt"), shown("class Tracing("))
}
