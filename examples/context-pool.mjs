// Who waits for a connection is called by who releases one, in his trace:  node context-pool.mjs
import { bindContext, currentSpan, startTracing, withSpan } from 'spanwright'

startTracing({ serviceName: 'shop', traceExporter: 'none' })

const idle = ['the only connection']
const waiting = []
const acquire = (callback) => (idle.length > 0 ? callback(idle.pop()) : waiting.push(callback))
const release = (connection) => (waiting.length > 0 ? waiting.shift()(connection) : idle.push(connection))

const names = new Map()
const request = (name, work) => withSpan(name, (span) => (names.set(span, name), work()))
const where = () => names.get(currentSpan()) ?? 'no trace'

let connection
request('GET /first', () => acquire((acquired) => (connection = acquired)))
request('GET /second', () => {
  acquire((acquired) => {
    console.log(`without bindContext: the query of GET /second runs in ${where()}`)
    release(acquired)
  })
})
request('GET /third', () => {
  acquire(bindContext(() => console.log(`with bindContext: the query of GET /third runs in ${where()}`)))
})
request('GET /fourth', () => release(connection))
