import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres } from '../../libraries/servers.js'
import { named, runLibrary, WAYS, written } from './run-library.js'

const servers = new AsyncDisposableStack()
let port = 0
beforeAll(async () => {
  port = servers.use(await startPostgres()).port
})
afterAll(() => servers.disposeAsync())

test.each(WAYS)(
  'queries of postgres.js are traced, and what they call back is in the context of their caller: %s',
  async (way) => {
    const env = { POSTGRES_URL: `postgres://postgres@127.0.0.1:${port}/postgres` }
    const { stdout, spans, tree } = await runLibrary('postgres', way, env)
    expect(stdout).toBe('[{"id":1}]\nfails: 42P01\nnot there: ECONNREFUSED\n')
    expect(tree).toEqual([
      'INTERNAL helpers',
      '  CLIENT CREATE TABLE items',
      '  CLIENT INSERT items',
      '  CLIENT SELECT "items"',
      'INTERNAL rows',
      '  CLIENT SELECT items',
      '  INTERNAL row',
      '  INTERNAL row',
      '  CLIENT SELECT items',
      '  INTERNAL page of 1',
      '  INTERNAL page of 1',
      '  CLIENT SELECT items',
      '  INTERNAL page',
      'INTERNAL transaction',
      '  CLIENT begin',
      '  CLIENT DELETE items',
      '  INTERNAL after delete',
      '  CLIENT commit',
      'INTERNAL fails',
      '  CLIENT SELECT missing ERROR',
      'INTERNAL together',
      '  CLIENT SELECT',
      '  CLIENT SELECT',
      '  CLIENT SELECT',
      '  INTERNAL then',
      'INTERNAL as text',
      '  CLIENT SELECT',
      'CLIENT DROP TABLE items',
      'INTERNAL not there',
      '  CLIENT SELECT ERROR',
    ])
    const ofServer = { 'db.system.name': 'postgresql', 'server.address': '127.0.0.1', 'db.namespace': 'postgres' }
    expect(named(spans, 'INSERT items').attributes).toEqual({
      ...ofServer,
      'server.port': port,
      'db.query.text': 'INSERT INTO items ("id","name")values($1,$2),($3,$4)',
      'db.query.summary': 'INSERT items',
      'db.operation.name': 'INSERT',
    })
    const failed = named(spans, 'SELECT missing')
    expect(failed.attributes).toMatchObject({ 'error.type': '42P01', 'db.response.status_code': '42P01' })
    expect(failed.events.map((event) => event.name)).toEqual(['exception'])
    const [refused] = spans.filter(({ status }) => status.code === 'ERROR').filter((span) => span !== failed)
    expect(refused?.attributes).toMatchObject({ 'error.type': 'ECONNREFUSED', 'server.port': 9 })
    expect(refused?.attributes).not.toHaveProperty('db.response.status_code')
    expect(written(spans)).not.toMatch(/hunter2|alice/)
  },
)
