// The shop's front: Express in CommonJS. Asks catalogue by fetch and payments by node:http.
const { randomUUID } = require('node:crypto')
const http = require('node:http')
const { json } = require('node:stream/consumers')
const express = require('express')
const pino = require('pino')
const { withSpan } = require('spanwright')

const { CATALOGUE_URL, PAYMENTS_URL, PORT = 0 } = process.env
const log = pino({ name: 'storefront' })
const app = express()
app.use(express.json())

app.get('/products', async (request, response) => {
  response.json(await catalogue('GET', '/products'))
})

app.get('/orders/:id', async (request, response) => {
  const order = await catalogue('GET', `/orders/${request.params.id}`)
  const payment = await payments('GET', `/payments/${request.params.id}`)
  response.json({ ...order, payment })
})

app.post('/checkout', async (request, response) => {
  const { items, card } = request.body
  const orderId = randomUUID()
  const { totalCents } = await catalogue('POST', '/quotes', { items })
  await withSpan('take payment', { attributes: { 'shop.order.id': orderId } }, () =>
    payments('POST', '/payments', { orderId, totalCents, card }),
  )
  await catalogue('POST', '/orders', { orderId, items })
  log.info({ orderId, totalCents }, 'order placed')
  response.status(201).json({ orderId, totalCents })
})

app.use((error, request, response, next) => {
  if (response.headersSent) return next(error)
  log.error({ err: error }, 'request failed')
  response.status(error.status ?? 500).json({ error: error.message })
})

const server = app.listen(PORT, '127.0.0.1', () => log.info({ port: server.address().port }, 'listening'))

async function catalogue(method, path, body) {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(
    new URL(path, CATALOGUE_URL),
    body ? { method, headers, body: JSON.stringify(body) } : {},
  )
  return answerOf(response.status, await response.json())
}

function payments(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(new URL(path, PAYMENTS_URL), { method }, (response) => {
      json(response)
        .then((answer) => answerOf(response.statusCode, answer))
        .then(resolve, reject)
    })
    request.on('error', reject).end(body && JSON.stringify(body))
  })
}

function answerOf(status, answer) {
  if (status < 400) return answer
  throw Object.assign(new Error(answer.error ?? answer.message), { status })
}
