import { defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT, type Context } from '@opentelemetry/api'
import type { TextMapGetter, TextMapPropagator } from '@opentelemetry/api'
import fc from 'fast-check'

/** What the propagator writes for this context. */
export function injected(propagator: TextMapPropagator, context: Context): Record<string, string> {
  const carrier: Record<string, string> = {}
  propagator.inject(context, carrier, defaultTextMapSetter)
  return carrier
}

/** What it reads from headers, which may be anything. */
export function extracted(propagator: TextMapPropagator, headers: object, context: Context = ROOT_CONTEXT): Context {
  return propagator.extract(context, headers, defaultTextMapGetter)
}

/** A getter that gives the same value for each name. */
export function alwaysGetting(value: unknown, names: readonly unknown[] = []): TextMapGetter {
  return { get: () => value as string, keys: () => [...names] as string[] }
}

export const throwingGetter: TextMapGetter = {
  get() {
    throw new Error('no headers here')
  },
  keys() {
    throw new Error('no headers here')
  },
}

/** Values that no getter should return, and some do. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withTypedArray: true }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.anything())),
)
