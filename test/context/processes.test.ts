import { expect, test } from 'vitest'
import { runTracedApp, type TracedRun } from '../helpers/traced-app.js'

type Family = Record<string, string | undefined>

/** Each span's parent, by name. */
function parents({ spans }: TracedRun): Family {
  const nameOf = (id: string | undefined): string | undefined => spans.find(({ spanId }) => spanId === id)?.name
  return Object.fromEntries(spans.map(({ name, parentSpanId }) => [name, nameOf(parentSpanId)]))
}

async function run(name: string): Promise<TracedRun> {
  const result = await runTracedApp(`context/${name}.mjs`, { timeoutMillis: 20_000 })
  expect(result.exitCode, result.stderr).toBe(0)
  expect(result.said).toEqual([])
  return result
}

test('a worker’s span is a child of the span that posted the message, and the reply’s a child of the worker’s', async () => {
  const result = await run('threads')
  expect(result.stdout).toBe('{"names":["a","b"],"tenant":"acme"} 0\n')
  expect(parents(result)).toEqual({ request: undefined, work: 'request', reply: 'work' })
})

test('so it is with forked processes and with cluster, and a plain process answers as ever', async () => {
  const result = await run('processes')
  expect(result.stdout).toBe('{"id":2}\n8\n{"done":true}\n')
  expect(parents(result)).toMatchObject({
    'plain request': undefined,
    request: undefined,
    work: 'request',
    reply: 'work',
    'cluster request': undefined,
    'clustered work': 'cluster request',
    'cluster reply': 'clustered work',
  })
})

test('a worker that has one thing to do gets the context with its environment', async () => {
  expect(parents(await run('creation'))).toEqual({ request: undefined, work: 'request' })
})
