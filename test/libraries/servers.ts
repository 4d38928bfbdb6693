import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../helpers/free-port.js'

interface RunningServer extends AsyncDisposable {
  readonly port: number
}

export const hasMemcached: boolean = spawnSync('memcached', ['-V']).status === 0

export async function startMemcached(): Promise<RunningServer> {
  const port = await freePort()
  const asUser = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn('memcached', ['-l', '127.0.0.1', '-p', String(port), ...asUser], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  for (let attempt = 0; attempt < 100 && !(await listens(port)); attempt++) await delay(50)
  const dispose = async (): Promise<void> => {
    child.kill()
    await ended
  }
  return { port, [Symbol.asyncDispose]: dispose }
}

function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  }).finally(() => socket.destroy()) as Promise<boolean>
}

/** PostgreSQL in WebAssembly, behind a socket. */
export async function startPostgres(): Promise<RunningServer> {
  const port = await freePort()
  const db = await PGlite.create()
  const server = new PGLiteSocketServer({ db, port, host: '127.0.0.1', maxConnections: 10 })
  await server.start()
  const dispose = async (): Promise<void> => {
    await server.stop()
    await db.close()
  }
  return { port, [Symbol.asyncDispose]: dispose }
}
