// Writes the ECMAScript module entries beside the CommonJS build. They only pass its exports on: an app that imports the
// package in one place and requires it in another has one tracer, one handle and one set of hooks. (docs/rationale.md)
import { appendFile, copyFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

const names = Object.keys(createRequire(import.meta.url)('../dist/index.cjs')).sort()
const exported = names.map((name) => `  ${name},\n`).join('')
await writeFile('dist/index.mjs', `import spanwright from './index.cjs'\n\nexport const {\n${exported}} = spanwright\n`)
await writeFile('dist/register.mjs', "import './register.cjs'\n")
for (const entry of ['index', 'register']) await copyFile(`dist/${entry}.d.cts`, `dist/${entry}.d.mts`)
// What `spanwright view --json` prints, for those who read it by a program.
await copyFile('src/viewer/text/view-schema.json', 'dist/view-schema.json')

// What is found by its name at run time. Tools that copy the files which an app needs (Next.js's standalone output, @vercel/nft,
// packagers of functions) read the code for that: these paths stand there for them, and are never called. @vercel/nft follows
// the list, others take along what a path names. Bundlers leave all of it alone.
const inTheMiddle = ['create-hook', 'hook', 'register-hooks', 'supports-sync-hooks'].map(
  (name) => `import-in-the-middle/${name}.mjs`,
)
const list = [...inTheMiddle, './register.mjs', './delivery-thread.cjs']
await writeFile('dist/file-list.mjs', list.map((file) => `import '${file}'\n`).join(''))
const paths = [
  ...['file-list.mjs', 'delivery-thread.cjs', 'register.cjs', 'register.mjs', 'packages'].map((name) => [name]),
  ['..', '..', 'import-in-the-middle'],
].map((parts) => `join(__dirname, ${parts.map((part) => `'${part}'`).join(', ')})`)
await appendFile(
  'dist/index.cjs',
  `\n/* for tools that copy files */ () => { const { join } = require('node:path'); return [${paths.join(', ')}] }\n`,
)
