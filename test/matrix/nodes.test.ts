import { execFileSync } from 'node:child_process'
import { afterAll, expect, test, type TestContext } from 'vitest'
import { ANSWERED, CALLED, CALLS_IN_COMMON_JS, CALLS_IN_MODULES } from './calls.js'
import { installedApp, runtime, type InstalledApp } from './installed-app.js'
import { ranWith } from './table.js'

const FILES = {
  'app.cjs': CALLS_IN_COMMON_JS,
  'app.mjs': CALLS_IN_MODULES,
  'start.mjs': "import 'spanwright/register'\nimport './app.mjs'\n",
}

let installed: InstalledApp | undefined
const appOf = async (context: TestContext): Promise<InstalledApp> =>
  (installed ??= await installedApp(context, FILES, ['express@5']))
afterAll(() => installed?.[Symbol.asyncDispose]())

test.for(['22.15', '22', '24', '26'])(
  'Node.js %s: CommonJS and ECMAScript modules by the flag',
  async (version, context) => {
    const app = await appOf(context)
    await using node = await runtime(context, 'node', version)
    ranWith(context, `Node.js ${execFileSync(node.file, ['--version'], { encoding: 'utf8' }).trim()}`)
    for (const file of ['app.cjs', 'app.mjs']) {
      const args = ['--import', 'spanwright/register', file]
      expect(await app.traced({ args, node: node.file })).toMatchObject({
        exitCode: 0,
        stdout: ANSWERED,
        stderr: '',
        tree: CALLED,
      })
    }
  },
)

test.for([
  ['Bun', 'bun', ['--preload', 'spanwright/register', 'app.mjs']],
  ['Deno', 'deno', ['run', '--allow-all', 'start.mjs']],
] as const)('%s: the app runs, and one line says that it is not traced', async ([, name, args], context) => {
  const app = await appOf(context)
  await using program = await runtime(context, name, 'latest')
  ranWith(context, `${name} ${/[\d.]+/.exec(execFileSync(program.file, ['--version'], { encoding: 'utf8' }))?.[0]}`)
  const { tree, ...result } = await app.traced({ args, node: program.file })
  expect(result).toMatchObject({ exitCode: 0, stdout: ANSWERED })
  expect(result.stderr).toMatch(
    /^spanwright needs Node\.js 22\.15 or newer, this is (Bun|Deno) [\d.]+; the app is not traced\n$/,
  )
  expect(tree).toEqual([])
})
