import { Redis } from 'ioredis'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasRedis, NEEDS_REDIS, startRedis, START_TIMEOUT_MILLIS } from '../../messaging/brokers.js'
import { runLibrary, treeOf, WAYS } from '../libraries/run-library.js'

const servers = new AsyncDisposableStack()
let url = ''
beforeAll(async () => {
  if (hasRedis) url = await startCluster()
}, START_TIMEOUT_MILLIS)
afterAll(() => servers.disposeAsync())

/** Of one server, which has all slots. */
async function startCluster(): Promise<string> {
  const broker = servers.use(await startRedis('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'))
  const client = new Redis(broker.url)
  await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  while (!String(await client.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) await delay(20)
  client.disconnect()
  return broker.url
}

const SPANS = {
  redis: {
    pipeline: ['  CLIENT PIPELINE', '  CLIENT PIPELINE'],
    transaction: ['  CLIENT MULTI', '  CLIENT MULTI'],
    failing: ['  CLIENT LPUSH ERROR'],
  },
  ioredis: { pipeline: ['  CLIENT set', '  CLIENT get'], failing: ['  CLIENT lpush ERROR'] },
}

test.skipIf(!hasRedis).each(Object.entries(SPANS))(
  `commands of a cluster have spans, in pipelines too, and failed ones the error of the server: %s ${NEEDS_REDIS}`,
  async (library, expected) => {
    for (const way of WAYS) {
      const { spans } = await runLibrary(library, way, { REDIS_URL: url })
      for (const [name, lines] of Object.entries(expected)) {
        const { traceId } = spans.find((span) => span.name === name) ?? {}
        expect(treeOf(spans.filter((span) => span.traceId === traceId)).slice(1), name).toEqual(lines)
      }
      const failed = spans.find(({ status, kind }) => status.code === 'ERROR' && kind === 'CLIENT')
      expect(failed?.attributes).toMatchObject({ 'error.type': 'WRONGTYPE', 'db.response.status_code': 'WRONGTYPE' })
    }
  },
)
