// A service that knows nothing of who traces it. Asked for it, it tells the CPU time used so far.
const [shape, postgresPort, otherPort] = process.argv.slice(2)
const http = require('node:http')

const answer = { id: '7', name: 'thing', price: 12 }

const SHAPES = {
  plain() {
    return http.createServer((_request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
    })
  },
  express() {
    const express = require('express')
    const app = express()
    app.use(express.json())
    app.get('/items/:id', (request, response) => response.json({ ...answer, id: request.params.id }))
    return http.createServer(app)
  },
  fastify() {
    const app = require('fastify')()
    app.get('/items/:id', async (request) => ({ ...answer, id: request.params.id }))
    return app
  },
  /** What services do: a query, a call of another service, a log line. */
  service() {
    const { Pool } = require('pg')
    const database = new Pool({
      host: '127.0.0.1',
      port: Number(postgresPort),
      user: 'bench',
      database: 'postgres',
      max: 4,
    })
    const log = require('pino')({ base: undefined }, { write() {} })
    const app = require('express')()
    app.get('/items/:id', async (request, response) => {
      const { rows } = await database.query('SELECT $1::int AS id', [request.params.id])
      const other = await (await fetch(`http://127.0.0.1:${otherPort}/`)).text()
      log.info({ id: rows[0].id }, 'item read')
      response.json({ id: rows[0].id, other })
    })
    return http.createServer(app)
  },
}

/** In this order: the kernel brings the figures of a running thread up to date when it is asked for those of the process. */
function used() {
  const all = process.cpuUsage()
  const main = process.threadCpuUsage()
  return {
    allMicros: all.user + all.system,
    mainMicros: main.user + main.system,
    rssMB: process.memoryUsage.rss() / 1e6,
  }
}

const service = SHAPES[shape]()
const server = service.server ?? service
// Longer than any pause between blocks of load: a connection that is closed as it is used again would end the run.
server.keepAliveTimeout = 120_000
process.on('message', () => process.send(used()))
process.on('disconnect', () => process.exit())
server.on('listening', () => process.send({ port: server.address().port, readyMillis: performance.now() }))
if (service === server) server.listen(0, '127.0.0.1')
else void service.listen({ port: 0, host: '127.0.0.1' })
