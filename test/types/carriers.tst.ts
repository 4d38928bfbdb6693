import type { Context } from '@opentelemetry/api'
import type { ClientRequest } from 'node:http'
import { expect, test } from 'tstyche'
import { extractTraceContext, withExtractedContext } from '../../src/propagation/extract-trace-context.js'
import { injectTraceContext } from '../../src/propagation/inject-trace-context.js'
import { traceparent } from '../../src/propagation/current-traceparent.js'

interface Job {
  readonly to: string
}
declare const job: Job
declare const request: Request
declare const clientRequest: ClientRequest
declare const perhapsHeaders: Headers | undefined
declare const context: Context

test('what comes back is what was handed in', () => {
  expect(injectTraceContext(job)).type.toBe<Job>()
  expect(injectTraceContext(request)).type.toBe<Request>()
  expect(injectTraceContext(clientRequest)).type.toBe<ClientRequest>()
  expect(injectTraceContext(new Map<string, string>())).type.toBe<Map<string, string>>()
  expect(injectTraceContext([['accept', '*/*']] as [string, string][])).type.toBe<[string, string][]>()
  expect(injectTraceContext({ ...process.env })).type.toBeAssignableTo<NodeJS.ProcessEnv>()
})

test('without a carrier it is a new object', () => {
  expect(injectTraceContext()).type.toBe<Record<string, string>>()
  expect(injectTraceContext(undefined, { context })).type.toBe<Record<string, string>>()
  expect(injectTraceContext(null)).type.toBe<Record<string, string>>()
  expect(injectTraceContext(perhapsHeaders)).type.toBe<Headers | Record<string, string>>()
})

test('anything can be extracted from', () => {
  expect(extractTraceContext(undefined)).type.toBe<Context>()
  expect(extractTraceContext(5, { context })).type.toBe<Context>()
})

test('the result is that of fn', () => {
  expect(withExtractedContext(job, () => 1)).type.toBe<number>()
  expect(withExtractedContext(job, () => Promise.resolve(job))).type.toBe<Promise<Job>>()
})

test('there may be no active span', () => {
  expect(traceparent()).type.toBe<string | undefined>()
})

test('wrong uses are errors', () => {
  expect(injectTraceContext).type.not.toBeCallableWith('00-…')
  expect(injectTraceContext).type.not.toBeCallableWith(5)
  expect(injectTraceContext).type.not.toBeCallableWith({}, { as: 'sqs' })
  expect(extractTraceContext).type.not.toBeCallableWith()
  expect(extractTraceContext).type.not.toBeCallableWith({}, { as: 'env' })
  expect(withExtractedContext).type.not.toBeCallableWith({})
})
