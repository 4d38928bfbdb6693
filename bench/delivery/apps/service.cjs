// A service whose requests are so many turns of work each. Told to `measure`, it counts CPU time from then on, and that of the
// work apart from the rest; asked to `tell`, it does.
const work = require('./work.cjs')

const [shape, turns] = process.argv.slice(2)
const answer = { id: '7', name: 'thing', price: 12 }
let isMeasuring = false
let workMicros = 0
let requests = 0
let before

function usedBy(thread) {
  // First, as it brings the kernel's figures of this thread up to date.
  const all = process.cpuUsage()
  const used = thread === 'all' ? all : process.threadCpuUsage()
  return used.user + used.system
}

function doWork() {
  requests += 1
  if (!isMeasuring) return
  const start = usedBy('main')
  work(Number(turns))
  workMicros += usedBy('main') - start
}

const serve = {
  plain() {
    return require('node:http').createServer((request, response) => {
      doWork()
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
    })
  },
  express() {
    const app = require('express')()
    app.get('/items/:id', (request, response) => {
      doWork()
      response.json({ ...answer, id: request.params.id })
    })
    return require('node:http').createServer(app)
  },
}

const orders = {
  measure() {
    isMeasuring = true
    workMicros = 0
    requests = 0
    before = usedBy('all')
  },
  tell: () => process.send({ requests, workMicros, otherMicros: usedBy('all') - before - workMicros }),
}

for (let i = 0; i < 100; i++) work(Number(turns))
process.on('message', (order) => orders[order]())
process.on('disconnect', () => process.exit())
const service = serve[shape]()
// Longer than any pause between blocks: a connection that is closed as it is used again would end the run.
service.keepAliveTimeout = 120_000
const server = service.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
