import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasRedis, NEEDS_REDIS, startRedis, START_TIMEOUT_MILLIS } from '../../messaging/brokers.js'
import { runLibrary, treeOf, WAYS, written } from './run-library.js'

const servers = new AsyncDisposableStack()
let url = ''
beforeAll(async () => {
  if (hasRedis) url = servers.use(await startRedis()).url
}, START_TIMEOUT_MILLIS)
afterAll(() => servers.disposeAsync())

test.skipIf(!hasRedis).each(WAYS)(
  `who adds a job of BullMQ and who does it are one trace, also of a flow and at a second attempt: %s ${NEEDS_REDIS}`,
  async (way) => {
    const { stdout, spans } = await runLibrary('bullmq', way, { REDIS_URL: url })
    expect(stdout).toBe('cake corn dough oat rye spelt\n')
    const withoutRedis = spans.filter(({ scope }) => !scope.name.endsWith('ioredis'))
    expect(treeOf(withoutRedis)).toEqual([
      'INTERNAL worker',
      'INTERNAL request',
      '  PRODUCER add orders',
      '    CONSUMER process orders',
      '      INTERNAL bake rye',
      'INTERNAL other request',
      '  PRODUCER add orders',
      '    CONSUMER process orders ERROR',
      '      INTERNAL bake corn',
      '    CONSUMER process orders',
      '      INTERNAL bake corn',
      'INTERNAL many',
      '  PRODUCER addBulk orders',
      '    CONSUMER process orders',
      '      INTERNAL bake oat',
      '    CONSUMER process orders',
      '      INTERNAL bake spelt',
      'INTERNAL flow',
      '  PRODUCER addFlow orders',
      '    PRODUCER addNode orders',
      '      PRODUCER addNode orders',
      '        CONSUMER process orders',
      '          INTERNAL bake dough',
      '      CONSUMER process orders',
      '        INTERNAL bake cake',
    ])
    const ofJobs = withoutRedis.filter(({ kind }) => kind === 'CONSUMER' || kind === 'PRODUCER')
    expect(ofJobs.find(({ kind }) => kind === 'CONSUMER')?.attributes).toEqual({
      'messaging.system.name': 'bullmq',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'orders',
      'messaging.message.id': expect.stringMatching(/^\d+$/) as unknown,
      'bullmq.job.name': 'rye',
      'bullmq.job.attempts.made': 1,
    })
    const failed = ofJobs.find(({ status }) => status.code === 'ERROR')
    expect(failed?.attributes['error.type']).toBe('TypeError')
    expect(failed?.status.message).toBe('no flour')
    expect(ofJobs.find(({ name }) => name.startsWith('addBulk'))?.attributes['messaging.batch.message_count']).toBe(2)
    expect(written(spans)).not.toContain('hunter2')
  },
)
