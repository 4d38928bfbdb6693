import { trace, type Context, type TextMapGetter, type TextMapPropagator, type TextMapSetter } from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { headerTexts } from './header-texts.js'
import { neverThrowing } from './never-throwing.js'

/**
 * A propagator of OpenTelemetry's packages, made safe: it gets texts only, throws nothing, is quiet where tracing is
 * suppressed, and what it extracts has ids of small letters, as logs and W3C's headers have them.
 */
export function packagedPropagator(name: string, propagator: TextMapPropagator): TextMapPropagator {
  return neverThrowing(name, new PackagedPropagator(propagator))
}

class PackagedPropagator implements TextMapPropagator {
  readonly #propagator: TextMapPropagator

  constructor(propagator: TextMapPropagator) {
    this.#propagator = propagator
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    if (!isTracingSuppressed(context)) this.#propagator.inject(context, carrier, setter)
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const extracted = this.#propagator.extract(context, carrier, textsOnly(getter))
    const spanContext = trace.getSpanContext(extracted)
    if (!spanContext || spanContext === trace.getSpanContext(context)) return extracted
    const { traceId, spanId } = spanContext
    const small = { ...spanContext, traceId: traceId.toLowerCase(), spanId: spanId.toLowerCase() }
    return trace.setSpanContext(extracted, small)
  }

  fields(): string[] {
    return this.#propagator.fields()
  }
}

function textsOnly(getter: TextMapGetter): TextMapGetter {
  return {
    get: (carrier, name) => headerTexts(carrier, getter, name)[0],
    keys: (carrier) => getter.keys(carrier).filter((name: unknown) => typeof name === 'string'),
  }
}
