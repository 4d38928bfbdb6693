import type { OpenCarrier } from './open-carrier.js'
import { safeGet } from '../../internal/checks/safe-get.js'

/** Detected by PATH, or by names that are all in upper case. */
export function environment(carrier: object): OpenCarrier | undefined {
  if (typeof safeGet(carrier, 'PATH') === 'string' || typeof safeGet(carrier, 'Path') === 'string')
    return variables(carrier)
  const names = Object.keys(carrier)
  return names.length > 0 && names.every((name) => NAME.test(name)) ? variables(carrier) : undefined
}

/**
 * Environment variables for a child process: TRACEPARENT, TRACESTATE, BAGGAGE (OpenTelemetry's specification,
 * "Environment Variables as Context Propagation Carriers"). Other fields by the same rule: `x-b3-traceid` becomes
 * X_B3_TRACEID.
 */
export function variables(carrier: object): OpenCarrier {
  return {
    keys: () => Object.keys(carrier),
    get(name) {
      const variable = variableOf(name)
      if (Object.hasOwn(carrier, variable)) return safeGet(carrier, variable)
      // Names are case-insensitive on Windows, where a copy of process.env has them as they were written.
      const key = Object.keys(carrier).find((other) => variableOf(other) === variable)
      return key === undefined ? undefined : safeGet(carrier, key)
    },
    set(name, value) {
      const variable = variableOf(name)
      for (const other of Object.keys(carrier)) {
        if (other !== variable && variableOf(other) === variable && !Reflect.deleteProperty(carrier, other))
          return false
      }
      return Reflect.set(carrier, variable, value)
    },
  }
}

const NAME = /^[A-Z_][A-Z0-9_]*$/

function variableOf(name: string): string {
  return name
    .toUpperCase()
    .replace(/[^A-Z0-9_]/g, '_')
    .replace(/^(?=\d)/, '_')
}
