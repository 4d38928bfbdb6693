// The real programs, which scripts/backends/get.sh brings, with the files of deploy/ on free ports of the loopback.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseEnv } from 'node:util'

export const REPOSITORY = new URL('../../', import.meta.url).pathname
const CACHE =
  process.env.SPANWRIGHT_BACKENDS ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'spanwright-backends')
const PATHS = parseEnv(readFileSync(join(REPOSITORY, 'scripts/backends/programs.env'), 'utf8'))

export const folder = mkdtempSync(join(tmpdir(), 'spanwright tiers '))
const running = new Set()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function programPath(name) {
  const path = join(CACHE, PATHS[name])
  if (!existsSync(path)) throw new Error(`${name} is not there: bash scripts/backends/get.sh ${name}`)
  return path
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** Starts a program, and settles with it once a line of its output matches. `stop` ends it, and waits. */
export async function start(command, args, { ready, env = {} }) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let said = ''
  const ended = once(child, 'exit').then(() => running.delete(child))
  const match = await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on('line', (line) => {
        said = `${said}${line}\n`.slice(-4_000)
        const found = ready.exec(line)
        if (found) resolve(found)
      })
    ended.then(() => reject(new Error(`${command} has ended: ${said}`)))
  })
  const stop = async () => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await ended
    clearTimeout(timer)
  }
  return { pid: child.pid, match, stop }
}

const setting = ([key, value]) => `--set=${key}=${value}`
const EVERYTHING = { ready: /Everything is ready/ }

/** A collector by a file of deploy/compose. */
export async function startCollector(file, { settings = {}, env = {} } = {}) {
  const [grpc, http, health, metrics] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const own = {
    'receivers.otlp.protocols.grpc.endpoint': `127.0.0.1:${grpc}`,
    'receivers.otlp.protocols.http.endpoint': `127.0.0.1:${http}`,
    'extensions.health_check.endpoint': `127.0.0.1:${health}`,
    'service.telemetry.metrics.level': 'none',
    ...(/^ {2}prometheus:/m.test(readFileSync(file, 'utf8')) && {
      'exporters.prometheus.endpoint': `127.0.0.1:${metrics}`,
    }),
    ...settings,
  }
  const args = [`--config=file:${file}`, ...Object.entries(own).map(setting)]
  const program = await start(programPath('collector'), args, { ...EVERYTHING, env })
  return { ...program, grpc: `127.0.0.1:${grpc}`, http: `http://127.0.0.1:${http}` }
}

/** Jaeger by a file of deploy/jaeger. */
export async function startJaeger(file, { settings = {}, env = {} } = {}) {
  const [grpc, http, health, page, query, sampling] = await Promise.all(Array.from({ length: 6 }, freePort))
  const own = {
    'receivers.otlp.protocols.grpc.endpoint': `127.0.0.1:${grpc}`,
    'receivers.otlp.protocols.http.endpoint': `127.0.0.1:${http}`,
    'extensions.healthcheckv2.http.endpoint': `127.0.0.1:${health}`,
    'extensions.jaeger_query.http.endpoint': `127.0.0.1:${page}`,
    'extensions.jaeger_query.grpc.endpoint': `127.0.0.1:${query}`,
    'service.telemetry.metrics.level': 'none',
    ...(file.endsWith('badger.yaml') && { 'extensions.remote_sampling.http.endpoint': `127.0.0.1:${sampling}` }),
    ...settings,
  }
  const path = join(REPOSITORY, 'deploy/jaeger', file)
  const args = [`--config=file:${path}`, ...Object.entries(own).map(setting)]
  const program = await start(programPath('jaeger'), args, { ...EVERYTHING, env })
  return { ...program, http: `http://127.0.0.1:${http}` }
}

export async function startOpenSearch() {
  const [port, transport] = await Promise.all([freePort(), freePort()])
  const node = join(REPOSITORY, 'scripts/backends/opensearch/OpenSearchNode.java')
  const classes = join(programPath('opensearch'), '*')
  const args = ['-Xmx1g', '-cp', classes, node, join(folder, 'opensearch'), String(port), String(transport)]
  const program = await start('java', args, { ready: /^listening$/ })
  return { ...program, url: `http://127.0.0.1:${port}` }
}

/** In all its files, as the disk has them. */
export function bytesOnDisk(path) {
  const files = readdirSync(path, { recursive: true }).map((name) => statSync(join(path, name)))
  return files.filter((file) => file.isFile()).reduce((sum, { blocks }) => sum + blocks * 512, 0)
}

/** Of a process so far: seconds of CPU time, and bytes in memory. Linux has them. */
export function usageOf({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  const [, resident] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')
  return { seconds: (Number(fields[11]) + Number(fields[12])) / 100, bytes: Number(resident) * 4_096 }
}
