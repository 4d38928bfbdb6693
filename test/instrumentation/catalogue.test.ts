import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { CATALOGUE, packageOf } from '../../src/instrumentation/catalogue.js'
import { packageNameOf } from '../../src/instrumentation/loading/package-name.js'
import { selectInstrumentations, type InstrumentationChoice } from '../../src/instrumentation/selection.js'

const require = createRequire(import.meta.url)
const upstream = JSON.parse(
  readFileSync(
    new URL('../../node_modules/@opentelemetry/auto-instrumentations-node/package.json', import.meta.url),
    'utf8',
  ),
) as { dependencies: Record<string, string> }

interface Definition {
  readonly name: string
  readonly files: readonly { readonly name: string }[]
}
interface WithModules {
  readonly getModuleDefinitions: () => readonly Definition[]
}

const UPSTREAM = CATALOGUE.filter(({ isOurs = false }) => !isOurs)

describe('the catalogue', () => {
  test('has every instrumentation of auto-instrumentations-node, and no other', () => {
    const theirs = Object.keys(upstream.dependencies).filter((name) => name.includes('/instrumentation-'))
    expect(UPSTREAM.map(packageOf).toSorted()).toEqual(theirs.toSorted())
  })

  test.each(UPSTREAM)('knows the class and the modules of $name', (entry) => {
    const { [entry.className]: Instrumentation } = require(packageOf(entry)) as Record<
      string,
      new (config: object) => WithModules
    >
    if (!Instrumentation) throw new Error(`no ${entry.className}`)
    const definitions = new Instrumentation({ enabled: false }).getModuleDefinitions()
    const modules = definitions.map(({ name }) => name)
    expect(entry.modules.toSorted()).toEqual([...new Set(modules)].toSorted())
    const files = definitions.flatMap((definition) => definition.files.map(({ name }) => name))
    expect(entry.importedFiles ?? files).toEqual(files)
  })
})

describe('the selection', () => {
  const nothing: InstrumentationChoice = {
    config: {},
    enabledNames: undefined,
    disabledNames: [],
    metricsAreOn: false,
    logsAreOn: false,
    inLambda: false,
  }
  const selected = (choice: Partial<InstrumentationChoice>): string[] =>
    selectInstrumentations({ ...nothing, ...choice }).map(({ name }) => name)

  test('leaves fs and host-metrics off by default, as upstream does', () => {
    expect(selected({})).not.toEqual(expect.arrayContaining(['fs']))
    expect(selected({})).not.toContain('host-metrics')
    expect(selected({})).toEqual(expect.arrayContaining(['http', 'undici', 'net', 'dns', 'pg']))
  })

  test('takes enabled in code before the lists of the environment', () => {
    const config = {
      fs: { enabled: true },
      pg: { enabled: false },
    }
    expect(selected({ config, enabledNames: ['pg', 'http'] })).toEqual(['fs', 'http'])
  })

  test('has the ones that only measure when metrics are on', () => {
    expect(selected({})).not.toContain('runtime-node')
    expect(selected({ metricsAreOn: true })).toContain('runtime-node')
  })
})

test.each([
  ['pg', 'pg'],
  ['pg/lib/client', 'pg'],
  ['@redis/client', '@redis/client'],
  ['@redis/client/dist/index.js', '@redis/client'],
  ['node:http', 'node:http'],
  ['./local.js', undefined],
  ['/app/node_modules/.pnpm/express@5.0.0/node_modules/express/index.js', 'express'],
  ['file:///app/node_modules/@nestjs/core/index.js', '@nestjs/core'],
  ['C:\\app\\node_modules\\koa\\lib\\application.js', 'koa'],
])('the package behind the specifier %s is %s', (specifier, name) => {
  expect(packageNameOf(specifier)).toBe(name)
})
