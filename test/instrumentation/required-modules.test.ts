import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { patchExports } from '../../src/instrumentation/loading/patched-exports.js'
import { runTracedApp } from '../helpers/traced-app.js'

const KINDS = ['by-name.cjs', 'by-path.cjs', 'by-name.cts', 'by-name.mts', 'by-path.mjs']

test.each(KINDS)('a package of ECMAScript modules is traced however it is loaded: %s', async (file) => {
  const { exitCode, said, spans } = await runTracedApp(`required-modules/${file}`, {
    env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'net,dns,express' },
    timeoutMillis: 20_000,
  })
  expect({ exitCode, said }).toEqual({ exitCode: 0, said: [] })
  const names = spans.filter(({ scope }) => scope.name.endsWith('nestjs-core')).map(({ name }) => name)
  expect(names.toSorted()).toEqual(['Create Nest App', 'ItemsController.one', 'one'])
})

describe('a patch over a required namespace, which nothing can be written to,', () => {
  let folder = ''
  let namespace: { readonly work: () => string; readonly other: object }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'required-'))
    const file = join(folder, 'module.mjs')
    await writeFile(file, "export const work = () => 'work'\nexport const other = {}\n")
    namespace = createRequire(import.meta.url)(file) as typeof namespace
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('writes to a stand-in, which the app gets', () => {
    const patched = patchExports(namespace, (exported) => {
      const writable = exported as { work: () => string }
      const { work } = writable
      writable.work = () => `traced ${work()}`
      return exported
    }) as typeof namespace
    expect([patched.work(), namespace.work()]).toEqual(['traced work', 'work'])
    expect(patched.other).toBe(namespace.other)
    expect(Object.keys(patched)).toEqual(Object.keys(namespace))
  })

  test('leaves the app the namespace where it writes nothing to it', () => {
    expect(patchExports(namespace, (exported) => exported)).toBe(namespace)
  })
})
