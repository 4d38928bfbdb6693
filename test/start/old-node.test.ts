import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { oldNodes } from '../helpers/old-node.js'
import { runNode, type NodeResult } from '../helpers/run-node.js'
import { FLAG } from '../helpers/served-app.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'

const OLDER = ['--require', fixture('old-node/older.cjs')]

const line = (version: string): string =>
  `spanwright needs Node.js 22.15 or newer, this is ${version}; the app is not traced\n`

const run = (args: readonly string[], node = process.execPath): Promise<NodeResult> =>
  runNode({ args, node, cwd: REPOSITORY })

describe.each<[string, string | undefined, readonly string[]]>([
  ['v20.20.2', undefined, OLDER],
  ...[...oldNodes()].map(([version, node]): [string, string, readonly string[]] => [version, node, []]),
])('under Node.js %s', (version, node, args) => {
  // All public functions are called with no tracing beneath: they run what they are given.
  test.each([
    ['required', 'app.cjs', []],
    ['imported, under the flag', 'app.mjs', FLAG],
  ])('the package %s logs one line, and the app runs', async (_how, app, flags) => {
    const result = await run([...args, ...flags, fixture(join('old-node', app))], node)
    expect(result).toMatchObject({ exitCode: 0, stdout: '{}\n', stderr: line(version) })
  })
})

test('Deno, which imitates Node.js, logs one line, and the app runs', async () => {
  const result = await run(['--require', fixture('old-node/deno.cjs'), ...FLAG, fixture('old-node/app.mjs')])
  expect(result).toMatchObject({ exitCode: 0, stdout: '{}\n', stderr: line('Deno 2.9.6') })
})

test('the command logs one line under an old Node.js, and fails', async () => {
  const result = await run([...OLDER, join('dist', 'cli.cjs'), 'doctor', '--', 'node', '--eval', '0'])
  expect(result).toMatchObject({ exitCode: 1, stdout: '', stderr: line('v20.20.2') })
})

test('an old Node.js says nothing in the threads and processes of package managers', async () => {
  const worker = `new (require('node:worker_threads').Worker)('', { eval: true })`
  const result = await run([...OLDER, ...FLAG, '--eval', worker])
  expect(result.stderr).toBe(line('v20.20.2'))
  const npm = await run([...OLDER, ...FLAG, fixture('old-node/npm-cli.js')])
  expect(npm).toMatchObject({ exitCode: 0, stderr: '' })
})
