package dev.passlock

import io.opentelemetry.api.trace.Span
import io.opentelemetry.api.trace.SpanKind
import io.opentelemetry.api.trace.StatusCode
import io.opentelemetry.api.trace.Tracer
import io.opentelemetry.context.Context

/** Makes spans for each call that has ended, in the context in which it was made. */
internal class Tracing(private val tracer: Tracer, private val parent: Context = Context.root()) : CallListener {
    override fun callBegun() = Tracing(tracer, Context.current())

    override fun callEnded(report: CallReport) {
        val call = parent.with(record(report.span, SpanKind.INTERNAL, parent))
        report.attemptSpans.forEach { record(it, SpanKind.CLIENT, call) }
    }

    private fun record(ended: SpanReport, kind: SpanKind, parent: Context): Span {
        val span = tracer.spanBuilder(ended.name).setSpanKind(kind).setParent(parent).setStartTimestamp(ended.start).startSpan()
        for ((name, value) in ended.attributes) {
            if (value is Long) span.setAttribute(name, value) else span.setAttribute(name, value.toString())
        }
        if (ended.isError) span.setStatus(StatusCode.ERROR)
        span.end(ended.end)
        return span
    }
}
