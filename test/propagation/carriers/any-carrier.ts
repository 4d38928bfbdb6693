import type { TextMapGetter, TextMapSetter } from '@opentelemetry/api'
import { openCarrier, openedGetter, openedSetter } from '../../../src/propagation/carrier.js'

/** Reads any carrier, as extractTraceContext does. */
export const carrierGetter: TextMapGetter<unknown> = {
  keys(carrier) {
    const opened = openCarrier(carrier)
    return opened === undefined ? [] : openedGetter.keys(opened)
  },
  get(carrier, name) {
    const opened = openCarrier(carrier)
    return opened && openedGetter.get(opened, name)
  },
}

/** Writes into any carrier, as injectTraceContext does. */
export const carrierSetter: TextMapSetter<unknown> = {
  set(carrier, name, value) {
    const opened = openCarrier(carrier)
    if (opened !== undefined) openedSetter.set(opened, name, value)
  },
}
