import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startsItself } from '../../../src/cli/doctor/in-app/starts-itself.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own start '))
})
afterEach(() => rm(folder, { recursive: true }))

/** The files by name; the first is the app. */
async function looksAt(files: Readonly<Record<string, string>>): Promise<boolean> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return startsItself(
    Object.keys(files)
      .slice(0, 1)
      .map((name) => join(folder, name)),
  )
}

const START = "import { startTracing } from 'spanwright'\nstartTracing()\n"

describe('an app starts tracing itself', () => {
  test.each([
    ['in its own file', { 'app.mjs': START }],
    ['by require', { 'app.cjs': "const { startTracing } = require('spanwright')\n" }],
    ['in a file that it imports', { 'app.mjs': "import './tracing.mjs'\n", 'tracing.mjs': START }],
    ['in a file that it imports later', { 'app.mjs': "await import('./tracing.mjs')\n", 'tracing.mjs': START }],
    ['in a folder, without an extension', { 'app.cjs': "require('./tracing')\n", 'tracing/index.js': START }],
    ['in TypeScript', { 'app.ts': "import './tracing.js'\n", 'tracing.ts': START }],
    ['by the flag in code', { 'app.mjs': "import 'spanwright/register'\n" }],
    [
      'behind a circle',
      { 'app.mjs': "import './a.mjs'\n", 'a.mjs': "import './app.mjs'\nimport './b.mjs'\n", 'b.mjs': START },
    ],
  ])('%s', async (_case, files) => {
    expect(await looksAt(files as Record<string, string>)).toBe(true)
  })
})

describe('an app does not', () => {
  test.each([
    ['with other functions of ours', { 'app.mjs': "import { withSpan } from 'spanwright'\n" }],
    ['in a comment', { 'app.mjs': "// import 'spanwright/register'\nconsole.log(1)\n" }],
    ['with a file that is not there', { 'app.mjs': "import './gone.mjs'\n" }],
  ])('%s', async (_case, files) => {
    expect(await looksAt(files as Record<string, string>)).toBe(false)
  })
})
