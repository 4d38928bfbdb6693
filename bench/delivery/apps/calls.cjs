// Makes calls of one kind, a few at once, each in a span of its own, and sends back how much CPU time of this thread one took.
const { createRequire } = require('node:module')
const http = require('node:http')

const ports = JSON.parse(process.argv[2])
const AT_ONCE = 8
const host = '127.0.0.1'

const KINDS = {
  'no call': () => async () => {},
  http() {
    const agent = new http.Agent({ keepAlive: true })
    return () =>
      new Promise((resolve, reject) => {
        const request = http.get({ host, port: ports.http, path: '/x', agent }, (response) =>
          response.resume().on('end', resolve),
        )
        request.on('error', reject)
      })
  },
  fetch: () => async () => (await fetch(`http://${host}:${ports.http}/x`)).text(),
  pg() {
    const { Pool } = require('pg')
    const pool = new Pool({ host, port: ports.pg, user: 'bench', database: 'postgres', max: 4 })
    return () => pool.query('SELECT $1::int AS id', [7])
  },
  mysql2() {
    const connection = require('mysql2').createConnection({ host, port: ports.mysql2, user: 'root' }).promise()
    return () => connection.query('SELECT ? AS id', [7])
  },
  ioredis() {
    const { Redis } = require('ioredis')
    const client = new Redis(ports.ioredis, host)
    return () => client.get('key')
  },
  redis() {
    const client = require('redis').createClient({ url: `redis://${host}:${ports.redis}` })
    const connected = client.connect()
    return async () => {
      await connected
      await client.get('key')
    }
  },
}

function inSpan() {
  if (process.env.DD_SERVICE !== undefined) {
    const tracer = createRequire(`${process.cwd()}/app.js`)('dd-trace')
    return (call) => tracer.trace('root', call)
  }
  const tracer = require('@opentelemetry/api').trace.getTracer('bench')
  return (call) =>
    tracer.startActiveSpan('root', { root: true }, async (span) => {
      await call()
      span.end()
    })
}

const traced = inSpan()
const calls = {}

async function measure(kind, count) {
  const call = (calls[kind] ??= KINDS[kind]())
  const before = process.threadCpuUsage()
  let left = count
  const caller = async () => {
    while (left-- > 0) await traced(call)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, caller))
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / count
}

process.on('message', async ({ kind, count }) => process.send(await measure(kind, count)))
process.on('disconnect', () => process.exit())
