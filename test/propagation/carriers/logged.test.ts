import { ROOT_CONTEXT } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { carrierSetter } from './any-carrier.js'
import { injectTraceContext } from '../../../src/propagation/inject-trace-context.js'
import { SENDER, useW3cPropagation } from './w3c-propagation.js'
import { warningsDuring } from './warnings.js'

useW3cPropagation()

test('attributes that do not fit into a message are logged once', () => {
  const text = { DataType: 'String', StringValue: 'value' }
  const MessageAttributes = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`own${index}`, text]))
  const warnings = warningsDuring(() => {
    for (let time = 0; time < 3; time++) {
      injectTraceContext({ Id: '1', MessageBody: '', MessageAttributes }, { context: SENDER })
    }
  })
  expect(warnings).toEqual([expect.stringContaining('10 attributes')])
})

test('a value that is no header is logged once, and left out', () => {
  const carrier = {}
  const warnings = warningsDuring(() => {
    for (const value of ['a\r\nset-cookie: b', 'a\nb', 'ü', 'a\0', 'x'.repeat(20_000)])
      carrierSetter.set(carrier, 'tracestate', value)
    for (const name of ['__proto__', '', 'a b', 'a:b', 'ü']) carrierSetter.set(carrier, name, 'value')
  })
  expect(warnings).toEqual([expect.stringContaining('not allowed in a header')])
  expect(carrier).toEqual({})
})

test('carriers that can’t be changed are logged once', () => {
  const warnings = warningsDuring(() => {
    for (const carrier of [Object.freeze({}), Object.freeze([]), new Date(0), Buffer.from('')]) {
      injectTraceContext(carrier, { context: SENDER })
    }
  })
  expect(warnings).toEqual([expect.stringContaining('it is read-only')])
})

test('without anything to write nothing is told', () => {
  expect(warningsDuring(() => void injectTraceContext(Object.freeze({}), { context: ROOT_CONTEXT }))).toEqual([])
})
