import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../helpers/free-port.js'
import { startNode } from '../helpers/run-node.js'
import { temporaryFolder } from './collector.js'
import { programPath } from './programs.js'

export interface RunningBroker extends AsyncDisposable {
  /** As its client wants it. */
  readonly address: string
}

export async function startNats(): Promise<RunningBroker> {
  const port = await freePort()
  const program = join(programPath('brokers'), 'sbin/nats-server')
  const running = await startNode({
    node: program,
    args: ['-a', '127.0.0.1', '-p', String(port)],
    ready: /Server is ready/,
  })
  return { address: `nats://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() }
}

/** Mosquitto, which is on the loopback alone as long as it has no configuration. */
export async function startMqtt(): Promise<RunningBroker> {
  const port = await freePort()
  const usr = programPath('brokers')
  const running = await startNode({
    node: join(usr, 'sbin/mosquitto'),
    args: ['-p', String(port)],
    env: { LD_LIBRARY_PATH: join(usr, 'lib', `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`) },
    ready: /mosquitto version .* running/,
  })
  return { address: `mqtt://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() }
}

/** One node, which is its own controller. */
export async function startKafka(): Promise<RunningBroker> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder('kafka'))
  const [port, controllerPort] = await Promise.all([freePort(), freePort()])
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(folder.path, 'data'),
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
  }
  const file = join(folder.path, 'server.properties')
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`)
  await writeFile(file, lines.join(''))
  const classes = join(programPath('kafka'), '*')
  const format = ['-cp', classes, 'kafka.tools.StorageTool', 'format', '-t', 'MkU3OEVBNTcwNTJENDM2Qk', '-c', file]
  const { status, stderr } = spawnSync('java', format, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const running = await startNode({
    node: 'java',
    args: ['-Xmx400m', '-cp', classes, 'kafka.Kafka', file],
    ready: /Kafka Server started/,
    timeoutMillis: 110_000,
  })
  stack.defer(async () => {
    await running.stop({ timeoutMillis: 20_000 })
  })
  while (!(await listens(port))) await delay(50)
  const started = stack.move()
  return { address: `127.0.0.1:${port}`, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
