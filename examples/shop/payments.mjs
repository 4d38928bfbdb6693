// Payments: plain node:http in ESM, over PostgreSQL.
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { pino } from 'pino'
import { withSpan } from 'spanwright'

const { DATABASE_URL, PORT = 0 } = process.env
const FRAUD_CHECK_FROM_CENTS = 100_00
const DECLINED_TEST_CARD = '4000000000000002'

const log = pino({ name: 'payments' })
const database = new pg.Pool({ connectionString: DATABASE_URL })

async function pay({ orderId, totalCents, card }) {
  if (totalCents >= FRAUD_CHECK_FROM_CENTS) await withSpan('fraud check', () => askFraudBureau(orderId))
  await withSpan('charge card', { attributes: { 'shop.amount.cents': totalCents } }, () => charge(card))
  await database.query('INSERT INTO shop_demo.payments (order_id, amount_cents) VALUES ($1, $2)', [orderId, totalCents])
  log.info({ orderId, totalCents }, 'payment taken')
  return { orderId, totalCents }
}

async function paymentOf(orderId) {
  const { rows } = await database.query('SELECT amount_cents FROM shop_demo.payments WHERE order_id = $1', [orderId])
  return { totalCents: rows[0]?.amount_cents ?? 0 }
}

/** Stands for a partner that takes its time. */
async function askFraudBureau(orderId) {
  await delay(300)
  log.warn({ orderId }, 'fraud check was slow')
}

async function charge(card) {
  await delay(20)
  if (card === DECLINED_TEST_CARD) throw Object.assign(new Error('card declined: insufficient funds'), { status: 402 })
}

const server = createServer(async (request, response) => {
  response.setHeader('content-type', 'application/json')
  try {
    const answer =
      request.method === 'POST' ? await pay(await json(request)) : await paymentOf(request.url.split('/')[2])
    response.writeHead(request.method === 'POST' ? 201 : 200).end(JSON.stringify(answer))
  } catch (error) {
    log.error({ err: error }, 'payment failed')
    response.writeHead(error.status ?? 500).end(JSON.stringify({ error: error.message }))
  }
})

server.listen(PORT, '127.0.0.1', () => log.info({ port: server.address().port }, 'listening'))
