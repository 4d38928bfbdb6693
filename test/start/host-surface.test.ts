import { expect, test } from 'vitest'
import { runNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY, runTracedApp } from '../helpers/traced-app.js'

const APP = 'host-surface/app.cjs'

/** Of the OpenTelemetry API, which has its globals in the open. */
const OF_THE_API = 'Symbol(opentelemetry.js.api.1)'

interface Surface {
  readonly methods: Record<string, Record<string, { name: string; length: number; own: string[] }>>
  readonly listed: { readonly globalThis: string[] } & Record<string, string[]>
  readonly alive: string[][]
}

const parse = (stdout: string): Surface => JSON.parse(stdout) as Surface

test('what an app sees of Node.js is the same with tracing: names, lengths, lists, and what keeps it alive', async () => {
  const plain = parse((await runNode({ args: [fixture(APP)], cwd: REPOSITORY })).stdout)
  const { stdout, stderr, spans } = await runTracedApp(APP)
  const traced = parse(stdout)
  expect(stderr).toBe('')
  // The work of require-in-the-middle.
  for (const { methods } of [plain, traced]) delete methods.process?.getBuiltinModule
  expect(traced.methods).toEqual(plain.methods)
  const { globalThis: names, ...listed } = traced.listed
  expect({ ...listed, globalThis: names.filter((name) => name !== OF_THE_API) }).toEqual(plain.listed)
  expect(traced.alive).toEqual(plain.alive)
  // The session of `util.promisify(http2.connect)` is traced like any other.
  expect(spans.filter(({ name }) => name === 'GET')).toHaveLength(4)
  expect(Object.keys(plain.methods.http ?? {})).toEqual(expect.arrayContaining(['request', 'get']))
})
