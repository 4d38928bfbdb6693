// Installs each peer as npm does, in a folder of its own, outside of this repository. Above them stand the libraries of the apps, so
// that they count for nobody:
//   FOLDER/node_modules            express, fastify, pg, pino
//   FOLDER/peers/NAME/node_modules what the peer brings
//   FOLDER/peers/NAME/apps         the programs that are measured, which find both
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import versions from './versions.json' with { type: 'json' }

const REPOSITORY = join(import.meta.dirname, '../..')
const MARK = 'installed.json'
const execute = promisify(execFile)

/** One for each set of versions: what is installed already is used again. */
export function defaultFolder() {
  const hash = createHash('sha256').update(JSON.stringify(versions)).digest('hex').slice(0, 8)
  return join(tmpdir(), `spanwright-peers-${hash}`)
}

/** @returns the folder of each peer, or why it could not be installed */
export async function installPeers(folder, names) {
  mkdirSync(folder, { recursive: true })
  await install(folder, versions.libraries)
  const results = await Promise.all(names.map((name) => installPeer(join(folder, 'peers', name), name)))
  return Object.fromEntries(names.map((name, i) => [name, results[i]]))
}

async function installPeer(folder, name) {
  mkdirSync(folder, { recursive: true })
  cpSync(join(import.meta.dirname, 'apps'), join(folder, 'apps'), { recursive: true })
  try {
    if (name === 'spanwright') await installPacked(folder)
    else if (versions.peers[name]) await install(folder, versions.peers[name])
    return { folder, versions: installedVersions(folder, name) }
  } catch (error) {
    const [reason = error.message] = /npm error (?:notarget )?(?!code).*/.exec(error.stderr ?? '') ?? []
    return { failure: `could not be installed: ${reason.replace(/^npm error (notarget )?/, '')}` }
  }
}

async function installPacked(folder) {
  const { stdout } = await npm(REPOSITORY, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder)
  const file = `file:${join(folder, JSON.parse(stdout)[0].filename)}`
  // npm takes a package of the same version for the same one.
  for (const old of ['node_modules', 'package-lock.json', MARK])
    rmSync(join(folder, old), { recursive: true, force: true })
  await install(folder, { ...versions.peers.spanwright, spanwright: file })
}

async function install(folder, dependencies) {
  const mark = join(folder, MARK)
  const wanted = JSON.stringify(dependencies)
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
  await npm(folder, 'install', '--no-audit', '--no-fund')
  writeFileSync(mark, wanted)
}

const npm = (cwd, ...args) => execute('npm', args, { cwd, env: { ...process.env, NODE_OPTIONS: '' } })

function installedVersions(folder, name) {
  const names = Object.keys({ ...versions.peers[name], ...(name === 'spanwright' && { spanwright: '' }) })
  return Object.fromEntries(
    names.map((one) => [one, JSON.parse(readFileSync(join(folder, 'node_modules', one, 'package.json'))).version]),
  )
}

/** Size and number of the packages in a peer's folder. */
export function installedSize(folder) {
  const lock = join(folder, 'node_modules/.package-lock.json')
  if (!existsSync(lock)) return { packages: 0, sizeMB: 0 }
  const { packages } = JSON.parse(readFileSync(lock, 'utf8'))
  const files = globSync('node_modules/**', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile())
  const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
  return {
    packages: Object.keys(packages).filter((path) => existsSync(join(folder, path))).length,
    sizeMB: bytes / 1e6,
  }
}
