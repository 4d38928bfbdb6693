import {
  propagation,
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { headerTexts } from '../header-texts.js'
import { neverThrowing } from '../never-throwing.js'
import { readBaggage, writeBaggage } from './baggage-string.js'

const HEADER = 'baggage'

/**
 * Propagates baggage by the header `baggage`, as W3C's specification of Baggage says. Keys go out as they are, values
 * percent-encoded, metadata as it is; 64 entries and 8,192 bytes at most, both ways. Never throws.
 */
export function baggagePropagator(): TextMapPropagator {
  return neverThrowing(HEADER, new BaggagePropagator())
}

class BaggagePropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const baggage = propagation.getBaggage(context)
    if (!baggage || isTracingSuppressed(context)) return
    const text = writeBaggage(baggage)
    if (text !== '') setter.set(carrier, HEADER, text)
  }

  /** The context keeps its baggage where the carrier has none that is valid. */
  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const baggage = readBaggage(headerTexts(carrier, getter, HEADER))
    return baggage ? propagation.setBaggage(context, baggage) : context
  }

  fields(): string[] {
    return [HEADER]
  }
}
