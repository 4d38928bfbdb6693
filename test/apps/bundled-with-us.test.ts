import { build, type BuildOptions } from 'esbuild'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { appFolder } from '../helpers/app-folder.js'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runNode } from '../helpers/run-node.js'
import { spanTree } from '../helpers/span-tree.js'
import { REPOSITORY } from '../helpers/traced-app.js'

const APP = `
import { createServer } from 'node:http'
import { startTracing, withSpan } from 'spanwright'

startTracing({ serviceName: 'app' })
const server = createServer((_request, response) => response.end('ok'))
server.listen(0, '127.0.0.1', async () => {
  const url = 'http://127.0.0.1:' + server.address().port
  await withSpan('work', async () => (await fetch(url)).text())
  server.close()
  server.closeAllConnections()
})
`

const SAID =
  'spanwright: it runs as part of a bundle: spans are sent from the main thread, and lost where the process ends at once, and ' +
  'libraries inside of the bundle are not traced. Leave it and them outside ' +
  '(esbuild --packages=external, webpack "externals", rollup "external"): docs/bundling.md\n'

describe('an app in one file with this package in it, and no node_modules', () => {
  test.each<[string, string, BuildOptions]>([
    ['CommonJS', 'app.cjs', { format: 'cjs' }],
    ['ECMAScript modules', 'app.mjs', { format: 'esm' }],
    ['ECMAScript modules, minified', 'app.mjs', { format: 'esm', minify: true }],
    ['without the conditions that esbuild has of its own', 'app.mjs', { format: 'esm', conditions: ['production'] }],
  ])('starts, is traced, delivers, and logs once what it can not have: %s', async (_how, name, options) => {
    await using source = await appFolder({ files: { 'app.mjs': APP } })
    await using bare = await appFolder({ linked: false })
    const outfile = join(bare.path, name)
    const nodePaths = [join(REPOSITORY, 'node_modules')]
    const entryPoints = [join(source.path, 'app.mjs')]
    const { warnings } = await build({ bundle: true, platform: 'node', entryPoints, outfile, nodePaths, ...options })
    expect(warnings).toEqual([])

    await using sink = await otlpSink()
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl }
    const result = await runNode({ args: [name], cwd: bare.path, env })
    expect(result).toMatchObject({ exitCode: 0, stdout: '', stderr: SAID })
    expect(spanTree(sink.spans().filter((span) => span.name !== 'tcp.connect'))).toEqual([
      'INTERNAL work (app)',
      '  CLIENT GET (app)',
      '    SERVER GET (app)',
    ])
  })
})
