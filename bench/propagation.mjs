// What our W3C Trace Context propagator costs beside OpenTelemetry's own: extract of a valid header, then inject of the
// remote context and of a local child's. Both in this process, in alternating rounds; the ratio is the rounds' median.
import {
  ROOT_CONTEXT,
  TraceFlags,
  defaultTextMapGetter as getter,
  defaultTextMapSetter as setter,
  trace,
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'

const { traceContextPropagator } = await import(process.env.SPANWRIGHT_BENCH_MODULE ?? '../dist/index.mjs')

const ROUNDS = Number(process.env.SPANWRIGHT_BENCH_ROUNDS ?? 41)
const CALLS = 30_000
const WARM_UP_ROUNDS = 5
const GOAL = 1

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const tracestate = 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'
const headers = {
  traceparent: { traceparent },
  'traceparent and tracestate of two': { traceparent, tracestate },
}
const propagators = { stock: new W3CTraceContextPropagator(), ours: traceContextPropagator() }

/** As the SDK starts a span: the parent's trace id and state, and flags from the decision alone. */
function childOf(remote) {
  const { traceId, traceState } = trace.getSpanContext(remote)
  return trace.setSpanContext(remote, {
    traceId,
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
    traceState,
  })
}

let sum = 0

const steps = {
  extract: (propagator, carrier) => {
    const context = propagator.extract(ROOT_CONTEXT, carrier, getter)
    sum += trace.getSpanContext(context).traceFlags
  },
  'extract, inject of a local child': (propagator, carrier) => {
    const sent = {}
    propagator.inject(childOf(propagator.extract(ROOT_CONTEXT, carrier, getter)), sent, setter)
    sum += sent.traceparent.length
  },
  'extract, inject of the remote context': (propagator, carrier) => {
    const sent = {}
    propagator.inject(propagator.extract(ROOT_CONTEXT, carrier, getter), sent, setter)
    sum += sent.traceparent.length
  },
  'extract, inject of both': (propagator, carrier) => {
    const remote = propagator.extract(ROOT_CONTEXT, carrier, getter)
    const sent = {}
    propagator.inject(childOf(remote), sent, setter)
    propagator.inject(remote, sent, setter)
    sum += sent.traceparent.length
  },
}

/** Nanoseconds a call. */
function round(step, propagator, carrier) {
  const before = process.hrtime.bigint()
  for (let i = 0; i < CALLS; i++) step(propagator, carrier)
  return Number(process.hrtime.bigint() - before) / CALLS
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

const rows = []
for (const [header, carrier] of Object.entries(headers)) {
  for (const [name, step] of Object.entries(steps)) {
    const samples = { stock: [], ours: [], ratio: [] }
    for (let i = 0; i < WARM_UP_ROUNDS + ROUNDS; i++) {
      globalThis.gc?.()
      const nanos = {}
      // Who goes first alternates, so that neither always runs on the other's garbage.
      for (const who of i % 2 === 0 ? ['stock', 'ours'] : ['ours', 'stock']) {
        nanos[who] = round(step, propagators[who], carrier)
      }
      if (i < WARM_UP_ROUNDS) continue
      samples.stock.push(nanos.stock)
      samples.ours.push(nanos.ours)
      samples.ratio.push(nanos.ours / nanos.stock)
    }
    const ratio = median(samples.ratio)
    rows.push({
      header,
      step: name,
      'stock (ns)': Math.round(median(samples.stock)),
      'ours (ns)': Math.round(median(samples.ours)),
      ratio: Number(ratio.toFixed(3)),
      [`goal ≤ ${GOAL}`]: ratio <= GOAL ? 'met' : 'missed',
    })
  }
}
console.table(rows)
if (sum === 0) throw new Error('nothing was propagated')
