import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runNode } from '../helpers/run-node.js'
import { REPOSITORY } from '../helpers/traced-app.js'

interface Outcome {
  readonly spans: Record<'started' | 'open' | 'dropped' | 'arrived', number>
  readonly lost: number
  readonly wrong: number
  readonly seen: Record<'with' | 'without', readonly { readonly customers: number }[]>
}

test('the shop under half a minute of load: each answer is right, and each span that was started arrives', async () => {
  const args = [join('bench', 'shop-load.mjs'), '--seconds', '30', '--rounds', '1', '--json']
  const { stdout, stderr, exitCode } = await runNode({ args, cwd: REPOSITORY, timeoutMillis: 170_000 })
  const { spans, lost, wrong, seen } = JSON.parse(stdout || '{}') as Outcome
  expect({ lost, wrong, exitCode, stderr }).toEqual({ lost: 0, wrong: 0, exitCode: 0, stderr: '' })
  expect(spans).toMatchObject({ open: 0, dropped: 0, arrived: spans.started })
  // A customer leaves seven spans at least: three of Express, a call, and three of Fastify and PostgreSQL.
  expect(spans.started).toBeGreaterThan(7 * (seen.with[0]?.customers ?? Infinity))
}, 180_000)
