import {
  isSpanContextValid,
  trace,
  type Context,
  type Span,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api'
import { warnOfError } from '../internal/diagnostics/diagnostics.js'
import { withRemoteSpan } from './trace-context/random-flag.js'

/**
 * Several propagators as one. All of them inject. All are asked to extract, in their order: the first that finds a valid
 * span context wins, later ones can add (baggage, keys of their own) but not replace it. With OpenTelemetry's
 * composite the last one wins, even with a span context that is not valid. One that throws is logged once and skipped.
 */
export function firstValidPropagator(propagators: readonly TextMapPropagator[]): TextMapPropagator {
  return new FirstValidPropagator(propagators)
}

class FirstValidPropagator implements TextMapPropagator {
  readonly #propagators: readonly TextMapPropagator[]
  readonly #fields: ReadonlySet<string>

  constructor(propagators: readonly TextMapPropagator[]) {
    this.#propagators = [...propagators]
    this.#fields = new Set(propagators.flatMap(fieldsOf))
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    for (const propagator of this.#propagators) {
      try {
        propagator.inject(context, carrier, setter)
      } catch (error) {
        warnOf(propagator, 'inject', error)
      }
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    let extracted = context
    let winner: Span | undefined
    for (const propagator of this.#propagators) {
      try {
        const next = propagator.extract(extracted, carrier, getter)
        const before = trace.getSpan(extracted)
        const found = trace.getSpan(next)
        if (winner === undefined && found !== before && isValid(found)) winner = found
        extracted = found === before || found === winner ? next : withSpan(next, before)
      } catch (error) {
        warnOf(propagator, 'extract', error)
      }
    }
    return winner === undefined ? extracted : withRemoteSpan(extracted, winner)
  }

  fields(): string[] {
    return [...this.#fields]
  }
}

/** Remote or not: what a propagator has found came from elsewhere, even where it does not say so. */
function isValid(span: Span | undefined): boolean {
  return span !== undefined && isSpanContextValid(span.spanContext())
}

function withSpan(context: Context, span: Span | undefined): Context {
  return span === undefined ? trace.deleteSpan(context) : trace.setSpan(context, span)
}

/** As OpenTelemetry's composite does, this takes propagators in plain JavaScript that don't name their fields. */
function fieldsOf(propagator: TextMapPropagator): string[] {
  try {
    return (propagator as Partial<TextMapPropagator>).fields?.() ?? []
  } catch (error) {
    warnOf(propagator, 'name its fields', error)
    return []
  }
}

function warnOf(propagator: TextMapPropagator, verb: 'inject' | 'extract' | 'name its fields', error: unknown): void {
  const { name } = (propagator.constructor as { readonly name: string } | undefined) ?? { name: 'without a class' }
  warnOfError(`propagator ${name} failed to ${verb} and was skipped`, error)
}

/**
 * A propagator that never throws into the host: a carrier, getter or setter that does is logged once, and nothing is
 * extracted or injected.
 */
export function neverThrowing(name: string, propagator: TextMapPropagator): TextMapPropagator & { toString(): string } {
  return {
    inject(context, carrier, setter) {
      try {
        propagator.inject(context, carrier, setter)
      } catch (error) {
        warnOfError(`the propagator ${name} could not write its headers`, error)
      }
    },
    extract(context, carrier, getter) {
      try {
        return propagator.extract(context, carrier, getter)
      } catch (error) {
        warnOfError(`the propagator ${name} could not read its headers`, error)
        return context
      }
    },
    fields: () => propagator.fields(),
    toString: () => name,
  }
}
