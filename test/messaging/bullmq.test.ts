import { propagation } from '@opentelemetry/api'
import { Queue, Worker, type Job } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withMessageSpan } from '../../src/messaging/message-span.js'
import { withBaggage } from '../../src/spans/current-context.js'
import { withSpan } from '../../src/spans/with-span.js'
import { TestTracing } from '../spans/tracing.js'
import { hasRedis, NEEDS_REDIS, START_TIMEOUT_MILLIS, startRedis } from './brokers.js'
import { runExample } from './run-example.js'
import { parentOf, referenceTo } from './span-references.js'

const orders = (operation: 'send' | 'process', carrier?: unknown) =>
  ({ system: 'bullmq', destination: 'orders', operation, carrier }) as const

describe.skipIf(!hasRedis)(`BullMQ, on Redis ${NEEDS_REDIS}`, () => {
  const started = new AsyncDisposableStack()
  let connection: Redis
  let env: { readonly REDIS_URL: string }
  let queue: Queue

  beforeAll(async () => {
    const broker = started.use(await startRedis())
    env = { REDIS_URL: broker.url }
    connection = started.adopt(new Redis(broker.url, { maxRetriesPerRequest: null }), (redis) => redis.disconnect())
    queue = started.adopt(new Queue('orders', { connection }), (open) => open.close())
  }, START_TIMEOUT_MILLIS)

  afterAll(() => started.disposeAsync())

  beforeEach(() => queue.drain())

  const send = (bread: string, attempts = 1): Promise<Job> =>
    withBaggage({ bread }, () =>
      withMessageSpan(orders('send'), (_span, headers) =>
        queue.add('bake', { bread }, { attempts, telemetry: { metadata: JSON.stringify(headers) } }),
      ),
    )

  /** Settles when so many jobs are done for good. */
  const work = async (count: number, handler: (job: Job) => Promise<unknown>): Promise<void> => {
    const done = Promise.withResolvers<undefined>()
    const worker = new Worker('orders', (job) => withMessageSpan(orders('process', job), () => handler(job)), {
      connection,
    })
    worker.on('completed', () => --count === 0 && done.resolve(undefined))
    worker.on('error', done.reject)
    await done.promise
    await worker.close()
  }

  test('what workers do is one trace with what added the job, baggage included', async () => {
    const tracing = new TestTracing()
    const seen: unknown[] = []
    await withSpan('POST /orders', () => send('rye'))
    await work(1, async () => {
      await Promise.resolve()
      withSpan('bake', () => seen.push(propagation.getActiveBaggage()?.getEntry('bread')?.value))
    })
    const [root, sent, processed, baked] = ['POST /orders', 'send orders', 'process orders', 'bake'].map((name) =>
      tracing.named(name),
    )
    expect([sent, processed, baked].map((span) => span && parentOf(span))).toEqual(
      [root, sent, processed].map((span) => span && referenceTo(span)),
    )
    expect(seen).toEqual(['rye'])
  })

  test('a job that fails and is tried again is processed twice, in the one trace', async () => {
    const tracing = new TestTracing()
    await send('rye', 2)
    await work(1, (job) => (job.attemptsMade > 0 ? Promise.resolve() : Promise.reject(new Error('the oven is cold'))))
    const sent = referenceTo(tracing.named('send orders'))
    const processed = tracing.ended.filter(({ name }) => name === 'process orders')
    expect(processed.map(parentOf)).toEqual([sent, sent])
    expect(processed.map(({ status }) => status)).toEqual([{ code: 2, message: 'the oven is cold' }, { code: 0 }])
  })

  test('an app under the one flag has one trace of a job, with the spans of Redis and each span once', async () => {
    const { tree, stdout } = await runExample('bullmq.mjs', env)
    expect(stdout).toBe('a loaf of rye\n')
    expect(tree.filter((line) => !line.includes('evalsha'))).toEqual([
      'INTERNAL request',
      '  PRODUCER add orders',
      '    CONSUMER process orders',
      '      INTERNAL bake',
    ])
    expect(tree).toContain('    CLIENT evalsha')
  })
})
