import 'reflect-metadata'
import {
  Body,
  Controller,
  Get,
  HttpException,
  Module,
  Param,
  Post,
  Res,
  type INestApplication,
  type NestApplicationOptions,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { of, Subject, throwError } from 'rxjs'
import { expect, test } from 'vitest'
import { tracingInterceptor, observed } from '../../src/middleware/nest.js'
import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api'
import { TestTracing } from '../spans/tracing.js'
import { describeMiddleware, routes, type App, type AppOptions } from './contract.js'

class Orders {
  async order(id: string, response: ServerResponse) {
    response.setHeader('server-timing', 'db;dur=5')
    return await routes.order(id)
  }
  create(body: unknown) {
    return routes.created(body)
  }
  boom() {
    return throwError(() => routes.boom.call(undefined))
  }
  refused() {
    throw new HttpException('no', 400)
  }
  stream(response: ServerResponse) {
    return pipeline(routes.stream(), response)
  }
  async hang() {
    await routes.hang()
  }
}

/** Decorators by hand, as the tests are compiled without them. */
const decorated = (name: keyof Orders, method: MethodDecorator, ...parameters: ParameterDecorator[]): void => {
  const descriptor = Object.getOwnPropertyDescriptor(Orders.prototype, name) ?? {}
  method(Orders.prototype, name, descriptor)
  parameters.forEach((parameter, index) => parameter(Orders.prototype, name, index))
}
Controller()(Orders)
decorated('order', Get('orders/:id'), Param('id'), Res({ passthrough: true }))
decorated('create', Post('orders'), Body())
decorated('boom', Get('boom'))
decorated('refused', Get('refused'))
decorated('stream', Get('stream'), Res())
decorated('hang', Get('hang'))

// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- that is what a module is
class Root {}
Module({ controllers: [Orders] })(Root)

// eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest takes any object
const OPTIONS: NestApplicationOptions = { logger: false, forceCloseConnections: true }

async function serve({ traceResponseHeaders, ignoredPath }: AppOptions): Promise<App> {
  const app: INestApplication = await NestFactory.create(Root, OPTIONS)
  app.useGlobalInterceptors(
    tracingInterceptor({
      traceResponseHeaders,
      ignore: (request) => (request as { readonly url?: string }).url === ignoredPath,
    }),
  )
  await app.listen(0, '127.0.0.1')
  return { url: await app.getUrl(), close: () => app.close() }
}

describeMiddleware({ serve, without: ['404'] })

test('what is no HTTP request passes through', () => {
  const tracing = new TestTracing()
  const stream = of(1)
  const rpc = { getType: () => 'rpc', switchToHttp: () => expect.fail('there is no HTTP') }
  expect(tracingInterceptor().intercept(rpc, { handle: () => stream })).toBe(stream)
  expect(tracing.ended).toEqual([])
})

test('an Observable is subscribed to in the context, and all it says comes through', () => {
  new TestTracing()
  const key = createContextKey('key')
  const active = ROOT_CONTEXT.setValue(key, 'here')
  const subject = new Subject<number>()
  const seen: unknown[] = []
  const said = observed(subject, active, () => expect.fail('nothing has failed'))
  const subscription = said.subscribe({ next: (value) => seen.push(value), complete: () => seen.push('done') })
  subject.next(1)
  subject.next(2)
  subject.complete()
  expect(seen).toEqual([1, 2, 'done'])
  subscription.unsubscribe()

  const where: unknown[] = []
  observed(
    throwError(() => where.push(context.active().getValue(key))),
    active,
    (error) => where.push(error),
  ).subscribe({
    error: () => where.push('passed on'),
  })
  expect(where).toEqual(['here', 1, 'passed on'])
})

test('who unsubscribes is unsubscribed from', () => {
  const subject = new Subject<number>()
  observed(subject, ROOT_CONTEXT, () => {})
    .subscribe()
    .unsubscribe()
  expect(subject.observed).toBe(false)
})
