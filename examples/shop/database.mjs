// PostgreSQL for the demo: the one at DATABASE_URL, or else PGlite (PostgreSQL in WebAssembly) behind a socket.
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import pg from 'pg'

/** All that the demo creates stands in the schema shop_demo; nothing outside of it is touched. */
const SEED = `
  CREATE SCHEMA IF NOT EXISTS shop_demo;
  CREATE TABLE IF NOT EXISTS shop_demo.products (sku text PRIMARY KEY, name text, price_cents int);
  CREATE TABLE IF NOT EXISTS shop_demo.orders (id text PRIMARY KEY, placed_at timestamptz DEFAULT now());
  CREATE TABLE IF NOT EXISTS shop_demo.order_items
    (order_id text REFERENCES shop_demo.orders, sku text REFERENCES shop_demo.products, quantity int, PRIMARY KEY (order_id, sku));
  CREATE TABLE IF NOT EXISTS shop_demo.payments (order_id text PRIMARY KEY, amount_cents int);
  INSERT INTO shop_demo.products VALUES ('beans', 'Coffee beans, 1 kg', 1890), ('cup', 'Espresso cup', 950),
    ('filter', 'Paper filters', 420), ('grinder', 'Hand grinder', 7900), ('machine', 'Espresso machine', 64900)
    ON CONFLICT DO NOTHING;
  INSERT INTO shop_demo.orders VALUES ('A-1001') ON CONFLICT DO NOTHING;
  INSERT INTO shop_demo.order_items VALUES ('A-1001', 'beans', 2), ('A-1001', 'cup', 4), ('A-1001', 'filter', 1),
    ('A-1001', 'grinder', 1), ('A-1001', 'machine', 1) ON CONFLICT DO NOTHING;
  INSERT INTO shop_demo.payments VALUES ('A-1001', 80800) ON CONFLICT DO NOTHING;`

/** Starts the database and fills it. Stop it after the services: their connections end with it. */
export async function startDatabase() {
  const { url, stop } = process.env.DATABASE_URL
    ? { url: process.env.DATABASE_URL, stop: async () => {} }
    : await startPGlite()
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    await client.query(SEED)
    await client.end()
  } catch (error) {
    await stop()
    throw new Error(`the database did not take the shop's tables: ${error.message}`, { cause: error })
  }
  return { url, stop }
}

async function startPGlite() {
  const db = await PGlite.create()
  // PGlite has a single session. The socket server lets several clients take turns at it; more than these are refused.
  const server = new PGLiteSocketServer({ db, port: 0, maxConnections: 30 })
  await server.start()
  const stop = async () => {
    await server.stop()
    await db.close()
  }
  return { url: `postgres://postgres@${server.getServerConn()}/postgres`, stop }
}
