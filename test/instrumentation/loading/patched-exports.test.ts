import { expect, test } from 'vitest'
import { patchExports } from '../../../src/instrumentation/loading/patched-exports.js'
import { runTracedApp } from '../../helpers/traced-app.js'

test('packages of CommonJS that ECMAScript modules import, by default or by name, are traced as required ones are', async () => {
  const { exitCode, said, spans } = await runTracedApp('imported-commonjs.mjs', { timeoutMillis: 20_000 })
  expect({ exitCode, said }).toEqual({ exitCode: 0, said: [] })
  const names = spans
    .filter(({ scope }) => /-(connect|hapi|grpc)$/.test(scope.name))
    .map((span) => `${span.kind} ${span.name}`)
  expect(names.toSorted()).toEqual([
    'CLIENT matrix.Items/get',
    'INTERNAL middleware - first',
    'INTERNAL middleware - first',
    'INTERNAL request handler - /items',
    'INTERNAL request handler - /items',
    'INTERNAL route - /items/{id}',
    'SERVER matrix.Items/get',
  ])
  const parentOf = (name: string): string | undefined => {
    const { parentSpanId } = spans.find((span) => span.name === name) ?? {}
    return spans.find(({ spanId }) => spanId === parentSpanId)?.name
  }
  // What a layer of connect does is below its span, and the layers stand beside one another.
  expect(['of first', 'of items', 'middleware - first', 'request handler - /items'].map(parentOf)).toEqual([
    'middleware - first',
    'request handler - /items',
    'GET /items',
    'GET /items',
  ])
  const fetched = spans.find(({ scope }) => scope.name.endsWith('undici'))?.attributes
  expect(fetched).toMatchObject({ 'http.request.method': 'GET', 'url.query': 'a=b' })
  expect(fetched).not.toHaveProperty('http.request.method_original')
})

/** As import-in-the-middle hands it over. */
function imported(commonJs: unknown, names: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const namespace = { ...names, default: commonJs, 'module.exports': commonJs }
  return Object.defineProperty(namespace, Symbol.toStringTag, { value: 'Module' })
}

test('a patch that writes to module.exports changes the names, too, and those alone that it has written to', () => {
  const work = (): string => 'work'
  const commonJs = { work, other: work }
  const namespace = imported(commonJs, { work, other: work })
  const patched = patchExports(namespace, (exported) => {
    expect(exported).toBe(commonJs)
    commonJs.work = () => 'traced'
    return exported
  })
  expect(patched).toBe(namespace)
  expect([namespace.work, namespace.other, namespace.default]).toEqual([commonJs.work, work, commonJs])
})

test('a patch that returns a function of its own gives the default import, and the names that are on it', () => {
  const create = (): string => 'plain'
  const traced = Object.assign(() => 'traced', { create: () => 'traced, too' })
  const namespace = imported(
    Object.assign(() => 'plain', { create }),
    { create },
  )
  patchExports(namespace, () => traced)
  expect([namespace.default, namespace['module.exports'], namespace.create]).toEqual([traced, traced, traced.create])
})

test('a module that is an ECMAScript one is patched as a namespace', () => {
  const namespace = Object.defineProperty({ default: {}, work: 1 }, Symbol.toStringTag, { value: 'Module' })
  patchExports(namespace, (exported) => {
    expect(exported).toBe(namespace)
    return exported
  })
})
