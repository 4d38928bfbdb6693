import type { INestApplication, NestInterceptor } from '@nestjs/common'
import type { FastifyInstance } from 'fastify'
import type { Hono } from 'hono'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { ErrorRequestHandler, RequestHandler } from 'router'
import { expect, test } from 'tstyche'
import { tracedLambda } from '../../src/serverless/aws-lambda.js'
import { tracingMiddleware } from '../../src/middleware/express.js'
import { tracingPlugin } from '../../src/middleware/fastify.js'
import { tracingHono } from '../../src/middleware/hono.js'
import { tracingKoa } from '../../src/middleware/koa.js'
import { tracingInterceptor } from '../../src/middleware/nest.js'

declare const fastify: FastifyInstance
declare const hono: Hono
declare const typedHono: Hono<{ Variables: { user: string }; Bindings: { KEY: string } }>
declare const nest: INestApplication

test("Express's router takes it, and sees the request's own type in ignore", () => {
  expect<RequestHandler>().type.toBeAssignableFrom(tracingMiddleware())
  expect<ErrorRequestHandler>().type.toBeAssignableFrom(tracingMiddleware().errorHandler)
  tracingMiddleware({
    ignore(request) {
      expect(request).type.toBe<IncomingMessage>()
      return false
    },
  })
})

test('Fastify registers it, with its options', () => {
  expect(fastify.register).type.toBeCallableWith(tracingPlugin)
  void fastify.register(tracingPlugin, { ignore: ({ raw }) => raw.url === '/health' })
  expect(fastify.register).type.toBeCallableWith(tracingPlugin, { traceResponseHeaders: ['traceresponse'] as const })
})

test('Hono takes it, also with types of its own', () => {
  expect(hono.use).type.toBeCallableWith(tracingHono())
  expect(typedHono.use).type.toBeCallableWith(tracingHono({ ignore: ({ req }) => req.raw.url.endsWith('/health') }))
})

test('Nest takes it', () => {
  expect<NestInterceptor>().type.toBeAssignableFrom(tracingInterceptor())
  nest.useGlobalInterceptors(tracingInterceptor())
})

test('Koa middleware gets the parts of the context that it needs', () => {
  type Context = { req: IncomingMessage; res: Parameters<RequestListener>[1]; body: unknown }
  expect<(ctx: Context, next: () => Promise<unknown>) => unknown>().type.toBeAssignableFrom(tracingKoa())
})

test('a Lambda keeps its parameters and its result', () => {
  interface Order {
    readonly orderId: string
  }
  const handler = tracedLambda(async (event: Order, _context: object) => await Promise.resolve(event.orderId.length))
  expect(handler).type.toBe<(event: Order, _context: object) => Promise<number>>()
  tracedLambda((event: Order) => event.orderId, { ignore: (event) => event.orderId === '', timeoutMillis: 5 })
})
