// Pages are built from a copy in this folder: their modules would not find what is installed here from elsewhere.
import { cpSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const PAGES = join(import.meta.dirname, 'pages')

rmSync(PAGES, { recursive: true, force: true })
for (const name of [...globSync('*.md', { cwd: ROOT }), 'docs', 'deploy', 'examples']) {
  cpSync(join(ROOT, name), join(PAGES, name), { recursive: true })
}
