// Installs the libraries of `npm run test:libraries` into a folder of their own, once for each list of versions.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { librariesFolder, LIST } from '../test/libraries/folder.mjs'

const REPOSITORY = dirname(import.meta.dirname)
const folder = librariesFolder()
if (!existsSync(join(folder, 'import.mjs'))) {
  mkdirSync(folder, { recursive: true })
  const dependencies = JSON.parse(readFileSync(LIST, 'utf8'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps', '--loglevel=error']
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' })
  if (status !== 0) process.exit(1)
  // One copy of the API, as in an app that has installed both.
  for (const name of ['@opentelemetry/api', 'spanwright']) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    if (!existsSync(link))
      symlinkSync(name === 'spanwright' ? REPOSITORY : join(REPOSITORY, 'node_modules', name), link)
  }
  writeFileSync(join(folder, 'import.mjs'), 'export const load = (name) => import(name)\n')
}
console.log(`libraries: ${folder}`)
