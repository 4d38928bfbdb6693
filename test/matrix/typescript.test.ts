import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inFolder, installedApp } from './installed-app.js'
import { ranWith } from './table.js'

const CODE = `
import { rateLimitingSampler, startTracing, withSpan, type InstrumentationConfigMap } from 'spanwright'
const ignoreIncomingRequestHook = (request: { url?: string | undefined }): boolean => request.url === '/health'
const instrumentationConfig: InstrumentationConfigMap = {
  '@opentelemetry/instrumentation-http': { ignoreIncomingRequestHook },
  pg: { requireParentSpan: true },
}
startTracing({ instrumentationConfig, sampler: rateLimitingSampler({ maxTracesPerSecond: 10 }) })
// @ts-expect-error -- no such option
startTracing({ instrumentationConfig: { http: { ignoreIncomming: true } } })
export const answer: number = withSpan('work', () => 42)
`
const FILES = { 'app.mts': CODE, 'app.cts': CODE, 'app.ts': CODE }
const STRICT = [
  '--noEmit',
  '--strict',
  '--exactOptionalPropertyTypes',
  '--skipLibCheck',
  'false',
  '--target',
  'esnext',
  '--types',
  'node',
]

test.for(['5.9', '6', '7'])(
  'TypeScript %s: types in modules, in CommonJS and for bundlers, with all of them checked',
  async (version, context) => {
    await using app = await installedApp(context, FILES, [`typescript@${version}`, '@types/node@24'])
    ranWith(context, await app.versions('typescript', '@types/node'))
    const compiler = join('node_modules', 'typescript', 'bin', 'tsc')
    for (const args of [
      ['--module', 'nodenext', 'app.mts', 'app.cts'],
      ['--module', 'esnext', '--moduleResolution', 'bundler', 'app.ts'],
    ]) {
      const checked = inFolder(app.path, process.execPath, [compiler, ...STRICT, ...args])
      const said = await checked.then(
        ({ stdout }) => stdout,
        (error: unknown) => (error as { stdout: string }).stdout,
      )
      expect(said).toBe('')
    }
  },
)
