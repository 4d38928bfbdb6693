import { spawn, spawnSync } from 'node:child_process'
import { chownSync, globSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

const LONGEST_START_MILLIS = 20_000

/** Where Debian puts it, newest last, or on the path. */
function binaries() {
  const onPath = spawnSync('sh', ['-c', 'command -v initdb'], { encoding: 'utf8' }).stdout.trim()
  // The rest is beside the file that a link on the path names.
  return onPath ? dirname(realpathSync(onPath)) : globSync('/usr/lib/postgresql/*/bin').toSorted().at(-1)
}

/** PostgreSQL refuses to run as root. */
function owner() {
  if (process.getuid?.() !== 0) return {}
  const idOf = (kind) => Number(spawnSync('id', [kind, 'postgres'], { encoding: 'utf8' }).stdout)
  return { uid: idOf('-u'), gid: idOf('-g') }
}

/** A server without passwords, on a port of 127.0.0.1 and in a folder of its own; undefined where PostgreSQL is not installed. */
export async function startPostgres() {
  const bin = binaries()
  if (bin === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'bench-postgres-'))
  const as = owner()
  if (as.uid) chownSync(folder, as.uid, as.gid)
  const options = { ...as, cwd: folder, stdio: 'ignore' }
  const data = join(folder, 'data')
  spawnSync(join(bin, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'bench', '--no-sync'], options)
  const port = await freePort()
  const settings = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', folder, '-F']
  const child = spawn(join(bin, 'postgres'), settings, options)
  const ended = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGINT')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  const isReady = () => spawnSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]).status === 0
  const deadline = performance.now() + LONGEST_START_MILLIS
  while (!isReady()) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop()
      return undefined
    }
    await sleep(100)
  }
  return { port, stop }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((closed) => server.close(closed))
  return port
}
