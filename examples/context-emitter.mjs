// One connection serves all requests, so its events belong to none of them:  node context-emitter.mjs
import { EventEmitter } from 'node:events'
import { bindContext, currentSpan, startTracing, withSpan } from 'spanwright'

startTracing({ serviceName: 'shop', traceExporter: 'none' })

// Opened at the start: whatever it reads later arrives outside of any trace.
const connection = new EventEmitter()
const questions = []
const reading = setInterval(() => {
  for (const question of questions.splice(0)) connection.emit(question, 'in stock')
}, 5)

const ask = (question, name, listener) =>
  withSpan(name, (request) => {
    questions.push(question)
    connection.once(question, listener(request))
  })
const tell = (how, request, answer) =>
  console.log(`${how}: ${answer}, ${currentSpan() === request ? 'in its trace' : 'in no trace'}`)

ask('bread', 'GET /bread', (request) => (answer) => tell('without bindContext', request, answer))
ask('cake', 'GET /cake', (request) => bindContext((answer) => tell('with bindContext', request, answer)))

// Of an emitter that is a request's own, one line binds all listeners to come: bindContext(emitter)
connection.once('cake', () => clearInterval(reading))
