import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { REPOSITORY } from '../helpers/traced-app.js'

/**
 * What a fragment may do without: names and packages that it does not show. Everything else is a promise that must compile.
 */
const INCOMPLETE: ReadonlySet<number> = new Set([
  1127, // Invalid character: the … of what is left out
  2304, // Cannot find name
  2307, // Cannot find module
  2318, // Cannot find global type
  2451, // Cannot redeclare: one page shows two ways
  2552, // Cannot find name, with a suggestion
  2582, // … of a test runner
  18004, // … of a shorthand property
  7006, // implicitly any, in plain JavaScript
  7016, // no types
  7031, // implicitly any
  18046, // is of type unknown, in plain JavaScript
  2834, // Relative import without an extension, as CommonJS has it
])

const UNTYPED = join(REPOSITORY, 'untyped.d.ts')

const FENCED = /^```(js|ts)(?: [^\n]*)?\n([^]*?)^```$/gm

/** Fenced code of the documentation, by the place where it stands. */
function snippets(): Map<string, string> {
  const pages = ['README.md', ...globSync(['docs/**/*.md', 'deploy/*.md'], { cwd: REPOSITORY })]
  const found = new Map<string, string>()
  for (const page of pages.filter((page) => !page.endsWith('.api.md'))) {
    const text = readFileSync(join(REPOSITORY, page), 'utf8')
    for (const match of text.matchAll(FENCED)) {
      const [, , code = ''] = match
      const line = text.slice(0, match.index).split('\n').length
      found.set(join(REPOSITORY, `${page}.${line}.ts`), `${code}\nexport {}\n`)
    }
  }
  return found
}

test('code in the documentation compiles as far as it goes', () => {
  const code = snippets()
  expect(code.size).toBeGreaterThan(20)
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2024,
    lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    strict: true,
    noImplicitAny: false,
    experimentalDecorators: true,
    noEmit: true,
    skipLibCheck: true,
    // Its types don't let a registry change to the format that exemplars need.
    paths: { 'prom-client': [UNTYPED] },
  }
  const host = ts.createCompilerHost(options)
  const onDisk = { ...host }
  host.fileExists = (file) => code.has(file) || onDisk.fileExists(file)
  code.set(UNTYPED, 'export const register: any, Registry: any, Histogram: any, Counter: any')
  host.readFile = (file) => code.get(file) ?? onDisk.readFile(file)
  const program = ts.createProgram([...code.keys()], options, host)
  const faults = ts.getPreEmitDiagnostics(program).filter((fault) => !INCOMPLETE.has(fault.code))
  const shown = faults.map(({ file, start = 0, messageText }) => {
    const { line = 0 } = file?.getLineAndCharacterOfPosition(start) ?? {}
    const name = file?.fileName.slice(REPOSITORY.length) ?? ''
    return `${name}:${line + 1} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
  expect(shown).toEqual([])
}, 120_000)
