// Products and orders: Fastify in ESM, over PostgreSQL.
import Fastify, { LogController } from 'fastify'
import pg from 'pg'
import { pino } from 'pino'
import { withSpan } from 'spanwright'

const { DATABASE_URL, PORT = 0 } = process.env
const log = pino({ name: 'catalogue' })
const database = new pg.Pool({ connectionString: DATABASE_URL })
const logController = new LogController({ disableRequestLogging: true })
const app = Fastify({ loggerInstance: log, logController })

app.get('/products', async () => {
  const { rows } = await database.query('SELECT sku, name, price_cents FROM shop_demo.products ORDER BY sku')
  return rows
})

app.post('/quotes', ({ body: { items } }) =>
  withSpan('price cart', { attributes: { 'shop.cart.items': items.length } }, async () => {
    const { rows } = await database.query(
      `SELECT sum(price_cents * quantity)::int AS "totalCents"
       FROM shop_demo.products JOIN jsonb_to_recordset($1) AS item (sku text, quantity int) USING (sku)`,
      [JSON.stringify(items)],
    )
    return rows[0]
  }),
)

app.post('/orders', async ({ body: { orderId, items } }, reply) => {
  await database.query('INSERT INTO shop_demo.orders (id) VALUES ($1)', [orderId])
  await database.query(
    `INSERT INTO shop_demo.order_items (order_id, sku, quantity)
     SELECT $1, sku, quantity FROM jsonb_to_recordset($2) AS item (sku text, quantity int)`,
    [orderId, JSON.stringify(items)],
  )
  reply.code(201)
  return { orderId }
})

app.get('/orders/:id', async ({ params: { id } }) => {
  const items = await database.query('SELECT sku, quantity FROM shop_demo.order_items WHERE order_id = $1', [id])
  // A query for each item where one JOIN would do: the N+1 pattern, plain to see in the trace.
  for (const item of items.rows) {
    const product = await database.query('SELECT name FROM shop_demo.products WHERE sku = $1', [item.sku])
    item.name = product.rows[0].name
  }
  return { id, items: items.rows }
})

await app.listen({ port: Number(PORT), host: '127.0.0.1' })
log.info({ port: app.server.address().port }, 'listening')
