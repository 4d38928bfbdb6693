import { describe, expect, test } from 'vitest'
import { appFolder } from '../helpers/app-folder.js'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runNode, type NodeResult } from '../helpers/run-node.js'
import { FLAG } from '../helpers/served-app.js'

const APPS = {
  cjs: (name: string) => `const it = require('${name}')\n`,
  mjs: (name: string) => `import it from '${name}'\n`,
}
const USE = 'console.log(it.greet(), typeof it)\n'

async function run(
  kind: 'cjs' | 'mjs',
  name: string,
  version: string | undefined,
  source: string,
): Promise<NodeResult> {
  await using sink = await otlpSink()
  await using app = await appFolder({
    files: {
      [`app.${kind}`]: APPS[kind](name) + USE,
      [`node_modules/${name}/index.js`]: source,
      [`node_modules/${name}/package.json`]: JSON.stringify({ name, version, main: 'index.js' }),
    },
  })
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl }
  return await runNode({ args: [...FLAG, `app.${kind}`], cwd: app.path, env })
}

const untraced = (name: string, version: string, instrumentation = name): RegExp =>
  new RegExp(
    `^spanwright: ${name} \\(version ${version}\\) is not traced, or not in full: @opentelemetry/instrumentation-${instrumentation} ` +
      `could not patch it \\(.+\\)\\. OTEL_NODE_DISABLED_INSTRUMENTATIONS=${instrumentation} leaves it alone\n$`,
  )

describe.each(['cjs', 'mjs'] as const)('in .%s an app runs, and one warning names the package,', (kind) => {
  test.each([
    [
      'whose exports are frozen',
      'koa',
      '3.0.0',
      'module.exports = Object.freeze({ prototype: Object.freeze({ use() {} }), greet: () => "hello" })',
    ],
    ['that has nothing of what it should', 'express', '5.0.0', 'module.exports = { greet: () => "hello" }'],
    [
      'with a getter that throws',
      'express',
      '4.1.0',
      'module.exports = { greet: () => "hello", get Router() { throw new Error("not here") }, application: {} }',
    ],
    ['that is a number inside', 'pg', '8.1.0', 'module.exports = { greet: () => "hello", Client: 7 }'],
    ['that has null', 'koa', '2.1.0', 'module.exports = { greet: () => "hello", prototype: null }'],
  ])('%s', async (_what, name, version, source) => {
    const result = await run(kind, name, version, source)
    expect(result).toMatchObject({ stdout: 'hello object\n', exitCode: 0 })
    expect(result.stderr).toMatch(untraced(name, version))
  })
})

describe.each(['cjs', 'mjs'] as const)('in .%s nothing is said of a package', (kind) => {
  test.each([
    [
      'of a version that no instrumentation knows, but that it is not traced',
      'koa',
      '99.0.0',
      / koa 99\.0\.0 is not traced: .*\n$/,
    ],
    ['without a version', 'koa', undefined, /^$/],
  ])('%s', async (_what, name, version, stderr) => {
    const result = await run(kind, name, version, 'module.exports = { greet: () => "hello", prototype: null }')
    expect(result).toMatchObject({ stdout: 'hello object\n', exitCode: 0 })
    expect(result.stderr).toMatch(stderr)
    expect(result.stderr).not.toContain('failed')
  })
})

test('a package that throws when it is loaded throws its own error', async () => {
  const result = await run('cjs', 'koa', '3.0.0', 'throw new Error("of its own")')
  expect(result).toMatchObject({ exitCode: 1, stdout: '' })
  expect(result.stderr).toContain('Error: of its own')
  expect(result.stderr).not.toContain('spanwright:')
})

test.each(['OTEL_NODE_ENABLED_INSTRUMENTATIONS', 'OTEL_NODE_DISABLED_INSTRUMENTATIONS'])(
  'a name in %s that is none is told once, and ignored',
  async (variable) => {
    await using app = await appFolder({ files: { 'app.cjs': 'console.log("runs")' } })
    const env = { OTEL_TRACES_EXPORTER: 'none', [variable]: 'http,no-such,no-such' }
    const result = await runNode({ args: [...FLAG, 'app.cjs'], cwd: app.path, env })
    expect(result).toMatchObject({
      stdout: 'runs\n',
      stderr: 'spanwright: there is no instrumentation "no-such"; the name is ignored\n',
      exitCode: 0,
    })
  },
)
