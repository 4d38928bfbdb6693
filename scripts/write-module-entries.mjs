// Writes the ECMAScript module entries beside the CommonJS build. They only pass its exports on: an app that imports the
// package in one place and requires it in another has one tracer, one handle and one set of hooks. (docs/rationale.md)
import { copyFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

const names = Object.keys(createRequire(import.meta.url)('../dist/index.cjs')).sort()
const list = names.map((name) => `  ${name},\n`).join('')
await writeFile('dist/index.mjs', `import spanwright from './index.cjs'\n\nexport const {\n${list}} = spanwright\n`)
await writeFile('dist/register.mjs', "import './register.cjs'\n")
for (const entry of ['index', 'register']) await copyFile(`dist/${entry}.d.cts`, `dist/${entry}.d.mts`)
// What `spanwright view --json` prints, for those who read it by a program.
await copyFile('src/viewer/text/view-schema.json', 'dist/view-schema.json')
