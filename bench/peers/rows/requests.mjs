import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { inTurn } from '../../delivery/launch.mjs'
import { warmUp as load } from '../../delivery/load.mjs'
import { reasonOf, start } from '../run.mjs'

const WARM_UP_REQUESTS = 2_000
const BLOCK_REQUESTS = 200
const BLOCKS = 8
/** Until what has been made has also been sent: five seconds in most of these. */
const SENT_MILLIS = 5_200

const figures = (headline) => [
  {
    key: 'mainMicros',
    label: 'main thread',
    unit: 'µs',
    isLessBetter: true,
    isAdded: true,
    isHeadline: headline === 'main',
  },
  {
    key: 'allMicros',
    label: 'all threads',
    unit: 'µs',
    isLessBetter: true,
    isAdded: true,
    isHeadline: headline === 'all',
  },
  { key: 'requestsPerSecond', label: 'requests a second', unit: '', isLessBetter: false },
  { key: 'spansPerRequest', label: 'spans a request', unit: '', isShownForNone: false },
]
const dashes = { vercel: 'traces requests in Next.js alone: in another server it makes no span of a request' }

const row = (shape, title, text, headline = 'main') => ({
  key: shape,
  title,
  text: `CPU time that tracing adds to a request. ${text}`,
  rounds: 2,
  figures: figures(headline),
  dashes,
  measure: (context) => measure(context, shape),
})

export const plain = row('plain', 'Plain HTTP server', 'Node’s own `http`, an answer in JSON.')
export const express = row('express', 'Express', 'A JSON body parser and a route with a parameter.')
export const fastify = row('fastify', 'Fastify', 'A route with a parameter.')
export const service = row(
  'service',
  'A service that does what services do',
  'Express; each request makes a query to PostgreSQL, fetches from another service and writes a log line with pino.',
  'all',
)

/** The services live side by side and are loaded in short blocks, in turn, so that all of them have the same moments of the machine. */
async function measure(context, shape) {
  if (shape === 'service' && !context.postgres)
    return { samples: {}, skipped: 'needs PostgreSQL (`apt-get install postgresql`)' }
  const other = createServer((_request, response) => response.end('other')).listen(0, '127.0.0.1')
  other.keepAliveTimeout = 120_000
  await once(other, 'listening')
  const args = [shape, context.postgres?.port ?? 0, other.address().port]
  const samples = {}
  const failed = {}
  for (let round = 0; round < context.rounds; round++) {
    for (const [name, sample] of Object.entries(await oneRound(context, args, failed)))
      (samples[name] ??= []).push(sample)
  }
  for (const name of Object.keys(failed)) delete samples[name]
  other.close()
  other.closeAllConnections()
  return { samples, dashes: failed }
}

/** Who doesn't start is noted in `failed`, and left out. */
async function oneRound(context, args, failed) {
  const peers = context.peers.filter(({ name }) => !dashes[name] && !failed[name])
  const started = await Promise.all(
    peers.map((peer) => startService(context, peer, args).catch((error) => void (failed[peer.name] = reasonOf(error)))),
  )
  const services = started.filter(Boolean)
  for (const { port } of services) await load(port, WARM_UP_REQUESTS)
  await sleep(SENT_MILLIS)
  for (const one of services) {
    await context.backend.forget(one.name)
    one.before = await one.used()
  }
  for (let block = 0; block < BLOCKS; block++) {
    for (const one of inTurn(services, block)) {
      const begun = performance.now()
      await load(one.port, BLOCK_REQUESTS)
      one.seconds += (performance.now() - begun) / 1_000
    }
  }
  await sleep(SENT_MILLIS)
  const samples = {}
  for (const one of services) samples[one.name] = await sampleOf(context, one)
  for (const { child } of services) child.kill('SIGKILL')
  return samples
}

async function startService(context, peer, args) {
  const { child, message } = await start(context, peer, 'service.cjs', args)
  const { port } = await message()
  const used = () => {
    child.send('tell')
    return message()
  }
  return { name: peer.name, child, port, used, seconds: 0 }
}

async function sampleOf({ backend }, { name, before, used, seconds }) {
  const after = await used()
  const requests = BLOCKS * BLOCK_REQUESTS
  return {
    mainMicros: (after.mainMicros - before.mainMicros) / requests,
    allMicros: (after.allMicros - before.allMicros) / requests,
    requestsPerSecond: requests / seconds,
    rssMB: after.rssMB,
    ...(name !== 'none' && { spansPerRequest: (await backend.arrived(name)) / requests }),
  }
}
