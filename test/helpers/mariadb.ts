import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from './free-port.js'

/** Debian's server lies where not every user looks. */
const PATH = [process.env.PATH, '/usr/sbin'].join(':')

const server = spawnSync('sh', ['-c', 'command -v mariadbd'], {
  env: { ...process.env, PATH },
  encoding: 'utf8',
}).stdout.trim()

export const hasMariadb: boolean = server !== ''

/** For the names of tests that are skipped elsewhere. */
export const NEEDS_MARIADB = '(needs MariaDB: apt-get install mariadb-server)'

export interface RunningMariadb extends AsyncDisposable {
  readonly port: number
}

/** A server without tables or passwords, on a port of 127.0.0.1 and in a folder of its own. */
export async function startMariadb(): Promise<RunningMariadb> {
  const folder = await mkdtemp(join(tmpdir(), 'mariadb-'))
  const port = await freePort()
  const settings = {
    datadir: folder,
    socket: join(folder, 'socket'),
    'pid-file': join(folder, 'pid'),
    // It may have been unpacked elsewhere than where it was made for.
    'lc-messages-dir': join(dirname(server), '..', 'share', 'mysql'),
    'bind-address': '127.0.0.1',
    port: String(port),
    'innodb-buffer-pool-size': '8M',
    ...(process.getuid?.() === 0 && { user: 'root' }),
  }
  const options = Object.entries(settings).map(([name, value]) => `--${name}=${value}`)
  const child = spawn(server, ['--no-defaults', '--skip-grant-tables', ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(child, 'exit')
  const lines: string[] = []
  const dispose = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  const isReady = await new Promise<boolean>((resolve) => {
    createInterface(child.stderr).on('line', (line) => {
      lines.push(line)
      if (line.includes('ready for connections')) resolve(true)
    })
    void ended.then(() => resolve(false))
  })
  if (!isReady) {
    await dispose()
    throw new Error(`MariaDB did not start:\n${lines.join('\n')}`)
  }
  return { port, [Symbol.asyncDispose]: dispose }
}
