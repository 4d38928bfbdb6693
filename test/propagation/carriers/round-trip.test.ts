import { ROOT_CONTEXT } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { extractTraceContext } from '../../../src/propagation/extract-trace-context.js'
import { injectTraceContext } from '../../../src/propagation/inject-trace-context.js'
import { carrierGetter } from './any-carrier.js'
import { EVERY_CARRIER } from './every-carrier.js'
import { ALL_OF_IT, SENDER, travelled, useW3cPropagation } from './w3c-propagation.js'

useW3cPropagation()

test.for(Object.entries(EVERY_CARRIER))('%s: what was injected is extracted', ([, { make, options }]) => {
  const carrier = make()
  expect(injectTraceContext(carrier, { ...options, context: SENDER })).toBe(carrier)
  expect(travelled(extractTraceContext(carrier))).toEqual(ALL_OF_IT)
})

test.for(Object.entries(EVERY_CARRIER))('%s: injecting again replaces what is there', ([, { make, options }]) => {
  const stale = [
    ['accept', '*/*'],
    ['TraceParent', `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00`],
    ['TRACESTATE', 'stale=1'],
    ['Baggage', 'tenant=stale'],
  ] as const
  const carrier = make(stale)
  injectTraceContext(carrier, { ...options, context: SENDER })
  injectTraceContext(carrier, { ...options, context: SENDER })
  expect(travelled(extractTraceContext(carrier))).toEqual(ALL_OF_IT)
  const names = carrierGetter.keys(carrier).map((name) => name.toLowerCase())
  expect(names.filter((name) => name === 'traceparent')).toHaveLength(1)
})

test.for(Object.entries(EVERY_CARRIER))('%s: without a trace context it gives the root context', ([, { make }]) => {
  expect(extractTraceContext(make([['accept', '*/*']]))).toBe(ROOT_CONTEXT)
})

test('without a carrier a new object comes back', () => {
  expect(travelled(extractTraceContext(injectTraceContext(undefined, { context: SENDER })))).toEqual(ALL_OF_IT)
  expect(travelled(extractTraceContext(injectTraceContext(null, { context: SENDER })))).toEqual(ALL_OF_IT)
  expect(injectTraceContext()).toEqual({})
})
