// The page of `spanwright view`: bundled, minified and gzipped into dist/page/, which is how it is stored and sent. The map's
// layout, which only one view needs, is a file of its own.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const SOURCE = 'src/viewer/page'
const TARGET = 'dist/page'

const { outputFiles } = await build({
  entryPoints: [`${SOURCE}/main.tsx`, `${SOURCE}/main.css`],
  bundle: true,
  minify: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  tsconfig: `${SOURCE}/tsconfig.json`,
  legalComments: 'none',
  outdir: TARGET,
  chunkNames: '[name]-[hash]',
  write: false,
})

await mkdir(TARGET, { recursive: true })
const html = await readFile(`${SOURCE}/index.html`)
const files = [
  ['index.html', html],
  ...outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]),
]
for (const [name, bytes] of files) await writeFile(`${TARGET}/${name}.gz`, gzipSync(bytes, { level: 9 }))
