import type { IncomingMessage } from 'node:http'
import { expect, test } from 'tstyche'
import type { InstrumentationConfigMap } from '../../src/index.js'

const typed = (config: InstrumentationConfigMap): InstrumentationConfigMap => config

test('an instrumentation takes its own options, by its short name and by that of its package', () => {
  expect(typed).type.toBeCallableWith({ http: { ignoreIncomingRequestHook: () => true } })
  expect(typed).type.toBeCallableWith({
    '@opentelemetry/instrumentation-http': {
      enabled: true,
      ignoreIncomingRequestHook: (request: IncomingMessage) => request.url === '/metrics',
    },
    'socket.io': { traceReserved: true },
    pg: { requireParentSpan: true, enhancedDatabaseReporting: true },
    '@opentelemetry/instrumentation-express': { requestHook: (span: { updateName: unknown }) => span },
    connect: { enabled: false },
    redis: undefined,
  })
})

test('an option that the instrumentation has not, of another type, or of another instrumentation, is an error', () => {
  expect(typed).type.not.toBeCallableWith({ http: { ignoreIncomingRequestsHook: () => true } })
  expect(typed).type.not.toBeCallableWith({ pg: { ignoreIncomingRequestHook: () => true } })
  expect(typed).type.not.toBeCallableWith({ '@opentelemetry/instrumentation-pg': { requireParentSpan: 'yes' } })
})

test('a name that is none is an error', () => {
  expect(typed).type.not.toBeCallableWith({ htttp: { enabled: false } })
  expect(typed).type.not.toBeCallableWith({ '@opentelemetry/instrumentation-postgres': { enabled: false } })
})

test("Fastify's own instrumentation takes a hook with a request of the app's type", () => {
  interface FastifyRequest {
    routeOptions: { url: string }
  }
  expect(typed).type.toBeCallableWith({
    '@fastify/otel': {
      ignorePaths: '/health',
      requestHook: (_span: unknown, request: FastifyRequest) => request.routeOptions,
    },
  })
  expect(typed).type.toBeCallableWith({ fastify: { enabled: false } })
})
