import { cpSync, mkdirSync, mkdtempSync, realpathSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canRead } from '../../../src/internal/otel-api/api-version.js'
import { REPOSITORY, runTracedApp, type TracedAppOptions } from '../../helpers/traced-app.js'

const API = realpathSync(join(REPOSITORY, 'node_modules/@opentelemetry/api'))
const VERSION = '1.10.0'
const ONE_COPY =
  '"npm ls @opentelemetry/api" shows who brings which; "npm dedupe", or "overrides" in package.json, leaves one, loaded once'

let folder = ''
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'api-copies-')))
  mkdirSync(join(folder, 'node_modules/@opentelemetry'), { recursive: true })
  symlinkSync(REPOSITORY, join(folder, 'node_modules/spanwright'))
  symlinkSync(API, join(folder, 'node_modules/@opentelemetry/api'))
  for (const version of ['1.9.1', '1.11.0', '2.0.0', '0.9.0']) libraryWithApi(version)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A package `lib-<version>` that makes a span by its own copy of the API: the real one, which calls itself by that version. */
function libraryWithApi(version: string): void {
  const library = join(folder, `node_modules/lib-${version}`)
  const copy = apiOf(version)
  mkdirSync(dirname(copy), { recursive: true })
  cpSync(API, copy, { recursive: true })
  for (const file of ['package.json', 'dist/version.cjs', 'dist/version.mjs', 'dist/internal/global-utils.cjs']) {
    const text = readFileSync(join(copy, file), 'utf8')
    writeFileSync(join(copy, file), text.replaceAll(VERSION, version))
  }
  write(
    `node_modules/lib-${version}/package.json`,
    `{ "name": "lib-${version}", "exports": { "import": "./index.mjs", "default": "./index.cjs" } }`,
  )
  const code = `trace.getTracer('lib').startSpan('of the library').end()\n`
  writeFileSync(join(library, 'index.cjs'), `const { trace } = require('@opentelemetry/api')\n${code}`)
  writeFileSync(join(library, 'index.mjs'), `import { trace } from '@opentelemetry/api'\n${code}`)
}

const apiOf = (version: string): string => join(folder, `node_modules/lib-${version}/node_modules/@opentelemetry/api`)

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const run = (name: string, text: string, options: TracedAppOptions = {}): ReturnType<typeof runTracedApp> =>
  runTracedApp(write(name, text), { cwd: folder, ...options })

const stranded = (version: string): string =>
  'spanwright: a copy of @opentelemetry/api does not fit the one that spanwright uses: code that calls it makes no ' +
  `spans: ${version} in ${apiOf(version)}, beside ${VERSION} in ${API}. ${ONE_COPY}`

describe('a second copy of the OpenTelemetry API', () => {
  test.each([
    ['a newer minor, required', 'app.cjs', `require('lib-1.11.0')`, '1.11.0'],
    ['a newer minor, imported', 'app.mjs', `import 'lib-1.11.0'`, '1.11.0'],
    ['another major', 'app.cjs', `require('lib-2.0.0')`, '2.0.0'],
    ['a 0.x', 'app.mjs', `import 'lib-0.9.0'`, '0.9.0'],
  ])(
    'of %s makes no spans, and one warning says so, with both versions and paths',
    async (_which, name, app, version) => {
      const { exitCode, spans, said } = await run(name, app)
      expect({ exitCode, spans: spans.length, said }).toEqual({ exitCode: 0, spans: 0, said: [stranded(version)] })
    },
  )

  test('that was required before tracing started is logged, too', async () => {
    const app = `require('lib-1.11.0')\nrequire('spanwright').startTracing()`
    expect((await run('late.cjs', app, { withoutFlag: true })).said).toEqual([stranded('1.11.0')])
  })

  test.each([
    ['app.cjs', `require('lib-1.9.1')`],
    ['app.mjs', `import 'lib-1.9.1'`],
  ])('that fits makes spans, and nothing is said but at the level info (%s)', async (name, app) => {
    const quiet = await run(name, app)
    const talking = await run(name, app, { env: { OTEL_LOG_LEVEL: 'info' } })
    expect(quiet.spans.map((span) => span.name)).toEqual(['of the library'])
    expect(quiet.said).toEqual([])
    expect(talking.said).toContainEqual(
      `spanwright: there is another copy of @opentelemetry/api, which works: 1.9.1 in ${apiOf('1.9.1')}, beside ${VERSION} in ${API}`,
    )
  })
})

describe('the copy that registers first', () => {
  const first = (version: string): string =>
    `const { diag, trace } = require(${JSON.stringify(apiOf(version))})
     diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} })
     const { startTracing, withSpan } = require('spanwright')
     const tracing = startTracing()
     withSpan('own', () => {})
     tracing.flush().then(() => tracing.shutdown()).then(() => console.log(tracing.ledger().started))`

  test('decides which versions can register: ours is refused by an older one, and that is logged', async () => {
    const { exitCode, stdout, spans, said } = await run('first.cjs', first('1.9.1'), { withoutFlag: true })
    expect({ exitCode, stdout, spans: spans.length }).toEqual({ exitCode: 0, stdout: '0\n', spans: 0 })
    expect(said).toEqual([
      'spanwright: the app is not traced: the OpenTelemetry API was first used in version 1.9.1, and takes no ' +
        `registrations from the copy that spanwright uses, ${VERSION} in ${API}. ${ONE_COPY}`,
    ])
  })

  test('is no obstacle with another major, whose globals are its own', async () => {
    const { spans } = await run('first.cjs', first('2.0.0'), { withoutFlag: true })
    expect(spans.map(({ name }) => name)).toEqual(['own'])
  })

  test('says which part an older copy could not register beside ours', async () => {
    const app = `require(${JSON.stringify(apiOf('1.9.1'))}).metrics.setGlobalMeterProvider({ getMeter() {} })`
    const { said } = await run('metrics.cjs', app)
    expect(said).toEqual([
      `spanwright: ${join(folder, 'metrics.cjs')}:1 could not register its meter provider: its @opentelemetry/api is 1.9.1, ` +
        `and ${VERSION} was first. ${ONE_COPY}`,
    ])
  })
})

test.each([
  ['1.10.0', '1.10.0', true],
  ['1.9.1', '1.10.0', true],
  ['1.10.5', '1.10.0', true],
  ['1.11.0', '1.10.0', false],
  ['2.0.0', '1.10.0', false],
  ['0.9.1', '0.9.2', true],
  ['0.9.2', '0.9.1', false],
  ['0.8.0', '0.9.0', false],
  ['1.10.0-rc.1', '1.10.0', false],
  ['1.10.0', '1.10.0-rc.1', false],
])('the copy %s finds what %s has registered: %s', (copy, globals, finds) => {
  expect(canRead(copy, globals)).toBe(finds)
})
