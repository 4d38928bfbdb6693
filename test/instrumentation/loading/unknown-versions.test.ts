import { InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation'
import { expect, test } from 'vitest'
import { UnknownVersions } from '../../../src/instrumentation/loading/unknown-versions.js'
import { appFolder } from '../../helpers/app-folder.js'
import { runTracedApp } from '../../helpers/traced-app.js'

const entry = { name: 'redis', className: '', modules: [], wanted: 'default' } as const
const definition = (name: string, ranges: string[]): InstrumentationNodeModuleDefinition =>
  new InstrumentationNodeModuleDefinition(name, ranges)
const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))

test('a package that was patched by any of the ranges, or through another package, is not spoken of', async () => {
  const lines: string[] = []
  const versions = new UnknownVersions(entry, (_key, line) => lines.push(line))
  versions.known(definition('redis', ['>=2 <4']))
  versions.known(definition('@redis/client', ['^5.0.0']))
  versions.loaded('redis', '5.0.0')
  versions.patched()
  await tick()
  expect(lines).toEqual([])
})

test('one that nothing knows is named with its version, and all ranges', async () => {
  const lines: string[] = []
  const versions = new UnknownVersions(entry, (_key, line) => lines.push(line))
  for (const ranges of [['>=2 <4'], ['^5.0.0']]) versions.known(definition('redis', ranges))
  versions.loaded('redis', '9.0.0')
  versions.loaded('redis', undefined)
  await tick()
  expect(lines).toEqual([
    'redis 9.0.0 is not traced: @opentelemetry/instrumentation-redis knows the versions >=2 <4, ^5.0.0. ' +
      'OTEL_NODE_DISABLED_INSTRUMENTATIONS=redis leaves it out without this line',
  ])
})

const PACKAGES = {
  'node_modules/koa/package.json': '{"name":"koa","version":"9.0.0","main":"index.js"}',
  'node_modules/koa/index.js': 'module.exports = class {}',
  'node_modules/openai/package.json': '{"name":"openai","version":"7.9.0","main":"index.js"}',
  'node_modules/openai/index.js': `class Completions { create() { return Promise.resolve({}) } }
    exports.OpenAI = class { static Chat = { Completions }; static Embeddings = Completions }`,
}

test.each(['app.cjs', 'app.mjs'])(
  'the line is logged once where the package loads, in a version that is not known: %s',
  async (file) => {
    const load = file.endsWith('cjs') ? (name: string) => `require('${name}')` : (name: string) => `import '${name}'`
    const files = { ...PACKAGES, [file]: ['koa', 'openai'].map(load).join('\n') }
    await using folder = await appFolder({ files })
    const { exitCode, said } = await runTracedApp(`${folder.path}/${file}`, { cwd: folder.path })
    expect(exitCode).toBe(0)
    expect(said).toEqual([
      expect.stringMatching(/^spanwright: koa 9\.0\.0 is not traced: .*instrumentation-koa knows the versions >=2/),
    ])
  },
)
