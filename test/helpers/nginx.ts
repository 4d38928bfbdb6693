import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.js'

const PATHS = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']

/** Where nginx is; undefined: it can't be had here. */
export const NGINX: string | undefined = PATHS.map((folder) => join(folder, 'nginx')).find(
  (file) => spawnSync(file, ['-v']).status === 0,
)

export interface Nginx extends AsyncDisposable {
  readonly url: string
}

/** A real nginx on a free port of the loopback, with these lines in its server block; `http2` is what gRPC needs. */
export async function startNginx(server: string, { http2 = false }: { readonly http2?: boolean } = {}): Promise<Nginx> {
  if (NGINX === undefined) throw new Error('nginx can not be had here')
  const folder = await mkdtemp(join(tmpdir(), 'spanwright nginx-'))
  const port = await freePort()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path "${folder}";`)
  const configuration = [
    'daemon off; master_process off; error_log stderr;',
    `pid "${folder}/nginx.pid";`,
    'events {}',
    `http { access_log off; ${temporary.join(' ')} server { listen 127.0.0.1:${port}${http2 ? ' http2' : ''}; ${server} } }`,
  ]
  const file = join(folder, 'nginx.conf')
  await writeFile(file, configuration.join('\n'))
  const child = spawn(NGINX, ['-p', folder, '-c', file], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  while (!(await isListening(port))) if (child.exitCode !== null) throw new Error('nginx did not start')
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill()
      await ended
      await rm(folder, { recursive: true })
    },
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.once('error', () => setTimeout(resolve, 20, false))
    socket.once('connect', () => socket.destroy())
  })
}
