import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

/** Debian's `rabbitmq-server` in /usr/sbin changes user and hides the process; the one that it calls lies here. */
const PATH = `/usr/lib/rabbitmq/bin:${process.env.PATH ?? ''}`

const isThere = (command: string): boolean =>
  spawnSync('sh', ['-c', command], { env: { ...process.env, PATH } }).status === 0

export const hasRabbitmq: boolean = isThere('command -v rabbitmq-server && command -v erl && command -v epmd')
export const hasRedis: boolean = isThere('redis-server --version')

/** For the names of tests that are skipped elsewhere. */
export const NEEDS_RABBITMQ = '(needs RabbitMQ: apt-get install rabbitmq-server)'
export const NEEDS_REDIS = '(needs Redis: apt-get install redis-server)'

/** A broker on a port of 127.0.0.1 and in a folder of its own; gone, with all that it started, when disposed of. */
export interface RunningBroker extends AsyncDisposable {
  readonly url: string
}

/** No broker outlives its tests, whatever becomes of them. */
const LIFETIME_MILLIS = 180_000

/** For the hook that starts one: some seconds of work for RabbitMQ, which a busy machine has not always to give. */
export const START_TIMEOUT_MILLIS = 120_000

/** @param more arguments of the server */
export async function startRedis(...more: readonly string[]): Promise<RunningBroker> {
  await using started = new AsyncDisposableStack()
  const folder = await scratchFolder(started)
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...more]
  const redis = start(started, 'redis-server', args, {})
  await saidOnStdout(redis, 'Ready to accept connections')
  return running(started.move(), `redis://127.0.0.1:${port}`)
}

export async function startRabbitmq(): Promise<RunningBroker> {
  await using started = new AsyncDisposableStack()
  const folder = await scratchFolder(started)
  const [port, clusterPort, namesPort] = [await freePort(), await freePort(), await freePort()]
  const env = {
    HOME: folder,
    // Its script gives its place to Erlang then, instead of waiting for it.
    detached: 'yes',
    ERL_EPMD_PORT: String(namesPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `test-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(clusterPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_FEATURE_FLAGS_FILE: join(folder, 'feature-flags'),
    RABBITMQ_CONFIG_FILE: join(folder, 'no-config'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'no-config'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'no-config'),
  }
  // Erlang's register of names. RabbitMQ starts one by itself, but it would stay.
  start(started, 'epmd', ['-port', String(namesPort), '-address', '127.0.0.1'], env)
  while (!(await isListening(namesPort))) await delay(20)
  const rabbitmq = start(started, 'rabbitmq-server', [], env)
  await saidOnStdout(rabbitmq, 'Server startup complete')
  return running(started.move(), `amqp://127.0.0.1:${port}`)
}

function running(started: AsyncDisposableStack, url: string): RunningBroker {
  return { url, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

async function scratchFolder(started: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'broker-'))
  // What has just been killed may still write.
  started.defer(() => rm(folder, { recursive: true, maxRetries: 5 }))
  return folder
}

type Broker = ChildProcess & { readonly stdout: Readable }

/** In a process group of its own, since scripts start further processes; killed, for nothing in it is worth keeping. */
function start(
  started: AsyncDisposableStack,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Broker {
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, PATH, ...env },
  })
  const ended = once(child, 'close')
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
  const timer = setTimeout(kill, LIFETIME_MILLIS)
  started.defer(async () => {
    kill()
    await ended
    clearTimeout(timer)
  })
  return child
}

async function saidOnStdout(broker: Broker, words: string): Promise<void> {
  let said = ''
  for await (const line of createInterface(broker.stdout)) {
    said += `${line}\n`
    if (!line.includes(words)) continue
    broker.stdout.resume()
    return
  }
  throw new Error(`${broker.spawnfile} has ended: ${said}`)
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
