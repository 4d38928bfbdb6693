// A service whose requests do one thing each: what tracing adds to them, in CPU time, is printed when it is asked for.
const [shape, postgresPort, otherPort] = process.argv.slice(2)
const http = require('node:http')

const fetchOther = async () => (await fetch(`http://127.0.0.1:${otherPort}/`)).text()

function pool() {
  const { Pool } = require('pg')
  return new Pool({ host: '127.0.0.1', port: Number(postgresPort), user: 'bench', database: 'postgres', max: 4 })
}

function getOther(agent) {
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port: otherPort, agent }, (response) => response.resume().on('end', resolve))
      .on('error', reject)
  })
}

const serving = (work) =>
  http.createServer(async (_request, response) => {
    await work()
    response.end('done')
  })

const SHAPES = {
  'http server': () => serving(async () => {}),
  'http request': () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 4 })
    return serving(() => getOther(agent))
  },
  fetch: () => serving(fetchOther),
  'pg query': () => {
    const database = pool()
    return serving(() => database.query('SELECT $1::int AS id', [7]))
  },
  'Express, 4 layers': () => {
    const express = require('express')
    const router = express.Router()
    router.get('/:id', (request, response) => response.json({ id: request.params.id, name: 'thing' }))
    const app = express()
    app.use(express.json())
    app.use((_request, _response, next) => next())
    app.use('/items', router)
    return http.createServer(app)
  },
  'a real service': () => {
    const database = pool()
    const log = require('pino')({ base: undefined }, { write() {} })
    const app = require('express')()
    app.get('/items/:id', async (request, response) => {
      const { rows } = await database.query('SELECT $1::int AS id', [request.params.id])
      const other = await fetchOther()
      log.info({ id: rows[0].id }, 'item read')
      response.json({ id: rows[0].id, other })
    })
    return http.createServer(app)
  },
}

const service = SHAPES[shape]()
// Longer than any pause between blocks.
service.keepAliveTimeout = 120_000
process.on('message', () => {
  const all = process.cpuUsage()
  const main = process.threadCpuUsage()
  process.send({ all: all.user + all.system, main: main.user + main.system })
})
process.on('disconnect', () => process.exit())
const server = service.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
