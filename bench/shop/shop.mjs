// The three services of examples/shop, each in a process of its own, with spanwright or without.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const SHOP = join(import.meta.dirname, '..', '..', 'examples', 'shop')
const PROBE = pathToFileURL(join(import.meta.dirname, 'probe.mjs')).href
const START_MILLIS = 60_000
const STOP_MILLIS = 10_000

const children = new Set()
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')))

/** @param tracedTo variables that say where spans go; undefined: without spanwright */
export async function openShop(tracedTo) {
  const database = fork(join(import.meta.dirname, 'database.mjs'))
  const [{ url: DATABASE_URL }] = await once(database, 'message')
  const start = (file, env) => startService(file, { DATABASE_URL, ...env }, tracedTo)
  const inner = await Promise.all([start('catalogue.mjs', {}), start('payments.mjs', {})])
  const [CATALOGUE_URL, PAYMENTS_URL] = inner.map(({ url }) => url)
  const storefront = await start('storefront.cjs', { CATALOGUE_URL, PAYMENTS_URL })
  const services = [storefront, ...inner]
  return {
    url: storefront.url,
    /** The same question to each service, by name. */
    async ask(order) {
      const answers = await Promise.all(services.map(({ ask }) => ask(order)))
      return Object.fromEntries(answers.map((answer, index) => [services[index].name, answer]))
    },
    /** By SIGTERM, as an orchestrator does. */
    async close() {
      for (const { stop } of services) await stop()
      database.disconnect()
      await once(database, 'exit')
    },
  }
}

async function startService(file, env, tracedTo) {
  const name = file.split('.')[0]
  const flags = tracedTo ? ['--import', 'spanwright/register'] : []
  const child = spawn(process.execPath, [...flags, '--import', PROBE, file], {
    cwd: SHOP,
    env: { ...untraced(process.env), ...env, ...tracedTo, PORT: '0', OTEL_SERVICE_NAME: name },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  children.add(child)
  const ended = once(child, 'exit').finally(() => children.delete(child))
  const lines = createInterface({ input: child.stdout })
  const url = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${name} did not listen in time`)), START_MILLIS)
    void ended.then(() => reject(new Error(`${name} ended at its start`)))
    lines.on('line', (line) => {
      if (!line.includes('"listening"')) return
      clearTimeout(late)
      resolve(`http://127.0.0.1:${JSON.parse(line).port}`)
    })
  })
  return {
    name,
    url,
    async ask(order) {
      child.send(order)
      return (await once(child, 'message'))[0].answer
    },
    async stop() {
      child.kill('SIGTERM')
      const impatient = setTimeout(() => child.kill('SIGKILL'), STOP_MILLIS)
      const [, signal] = await ended
      clearTimeout(impatient)
      if (signal === 'SIGKILL') throw new Error(`${name} did not end within ${STOP_MILLIS} ms of SIGTERM`)
    },
  }
}

function untraced(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(OTEL|SPANWRIGHT|NODE_OPTIONS)/.test(name)))
}
