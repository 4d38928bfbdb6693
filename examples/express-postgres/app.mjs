// Express and PostgreSQL: DATABASE_URL=postgres://… npm start, then curl localhost:3000/bread/7
import express from 'express'
import pg from 'pg'
import { pino } from 'pino'
import { localRootSpan, withSpan } from 'spanwright'

const log = pino()
const database = new pg.Pool({ connectionString: process.env.DATABASE_URL })
const app = express()

app.get('/bread/:id', async (request, response) => {
  // An attribute of the request's span, by which traces are searched.
  localRootSpan()?.setAttribute('app.bread.id', request.params.id)
  const { rows } = await database.query('SELECT $1::int AS id, $2::text AS name', [request.params.id, 'rye'])
  const price = await withSpan('price', () => rows[0].id * 0.4)
  // The line has the trace's id and the span's.
  log.info({ price }, 'bread sold')
  response.json({ ...rows[0], price })
})

const server = app.listen(process.env.PORT ?? 3000, () => log.info(`listening on ${server.address().port}`))
process.once('SIGTERM', () => server.close(() => database.end()))
