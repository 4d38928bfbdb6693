import { describe, expect, test } from 'vitest'
import { hasMariadb, NEEDS_MARIADB, startMariadb } from '../helpers/mariadb.js'
import type { ReceivedSpan } from '../helpers/otlp-sink.js'
import { runTracedApp } from '../helpers/traced-app.js'
import { hasRedis, NEEDS_REDIS, startRedis } from '../messaging/brokers.js'

const KINDS = ['required.cjs', 'imported.mjs'] as const

interface Calls {
  /** The line of each case. */
  readonly lines: readonly string[]
  /** Names of the spans beneath each operation, one text an operation. */
  readonly beneath: readonly string[]
}

async function calls(file: string, scenarios: readonly string[], env: Record<string, string> = {}): Promise<Calls> {
  const { stdout, stderr, exitCode, spans } = await runTracedApp(`queued-calls/${file}`, {
    args: scenarios,
    env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'net,dns', ...env },
    timeoutMillis: 20_000,
  })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  const operations = spans.filter(({ scope }) => scope.name === 'fixture')
  return { lines: stdout.trimEnd().split('\n'), beneath: operations.map((operation) => namesBeneath(operation, spans)) }
}

function namesBeneath(parent: ReceivedSpan, spans: readonly ReceivedSpan[]): string {
  const children = spans.filter(
    ({ traceId, parentSpanId }) => traceId === parent.traceId && parentSpanId === parent.spanId,
  )
  return children.map(({ name }) => name).join(', ')
}

const wrongOnes = (lines: readonly string[]): string[] => lines.filter((line) => !line.includes(': 0 wrong of 6'))

describe('calls that wait for a connection stay in the context of their operation, and their spans in its trace:', () => {
  test.each(KINDS)('undici 7, %s', async (file) => {
    const { lines, beneath } = await calls(file, ['undici'])
    expect(lines).toHaveLength(7)
    expect(wrongOnes(lines)).toEqual([])
    expect(new Set(beneath)).toEqual(new Set(['GET']))
  })

  test('fetch of Node.js, and generic-pool 2', async () => {
    const { lines, beneath } = await calls('required.cjs', ['bundled', 'genericPool'])
    expect(lines).toHaveLength(2)
    expect(wrongOnes(lines)).toEqual([])
    expect(new Set(beneath)).toEqual(new Set(['GET', 'generic-pool.acquire']))
  })

  test.skipIf(!hasMariadb).each(KINDS)(`mysql2, %s ${NEEDS_MARIADB}`, async (file) => {
    await using server = await startMariadb()
    const { lines, beneath } = await calls(file, ['mysql2'], { MYSQL_PORT: String(server.port) })
    expect(lines).toHaveLength(9)
    expect(wrongOnes(lines)).toEqual([])
    expect(new Set(beneath)).toEqual(new Set(['SELECT']))
  })

  test.skipIf(!hasRedis).each(KINDS)(`a pool of redis, %s ${NEEDS_REDIS}`, async (file) => {
    await using server = await startRedis()
    const { lines, beneath } = await calls(file, ['redis'], { REDIS_URL: server.url })
    expect(lines).toHaveLength(3)
    expect(wrongOnes(lines)).toEqual([])
    expect(new Set(beneath)).toEqual(new Set(['GET', 'MULTI GET']))
  })
})
