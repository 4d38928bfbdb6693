import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasMariadb, NEEDS_MARIADB, startMariadb } from '../../helpers/mariadb.js'
import { named, runLibrary, WAYS, written } from './run-library.js'

const servers = new AsyncDisposableStack()
let port = 0
beforeAll(async () => {
  if (hasMariadb) port = servers.use(await startMariadb()).port
})
afterAll(() => servers.disposeAsync())

test.skipIf(!hasMariadb).each(WAYS)(
  `queries of mariadb are traced, by promises, pools, streams and callbacks: %s ${NEEDS_MARIADB}`,
  async (way) => {
    const { stdout, spans, tree } = await runLibrary('mariadb', way, { MARIADB_PORT: String(port) })
    expect(stdout).toBe('fails: ER_NO_SUCH_TABLE\n')
    expect(tree).toEqual([
      'INTERNAL connection',
      '  CLIENT CREATE DATABASE shop',
      '  CLIENT CREATE TABLE shop.items',
      '  CLIENT START',
      '  CLIENT INSERT shop.items',
      '  CLIENT INSERT shop.items',
      '  CLIENT COMMIT',
      '  CLIENT SELECT shop.items',
      '  CLIENT SELECT shop.items',
      '  INTERNAL row 1',
      '  INTERNAL row 2',
      'INTERNAL fails',
      '  CLIENT SELECT shop.missing ERROR',
      'INTERNAL pool',
      '  CLIENT SELECT',
      '  CLIENT SELECT',
      '  CLIENT DELETE items',
      'INTERNAL cluster',
      '  CLIENT SELECT',
      'INTERNAL callbacks',
      '  CLIENT START',
      '  CLIENT SELECT shop.items',
      '  INTERNAL called back',
      '  CLIENT SELECT shop.items',
      '  INTERNAL end',
      '  CLIENT SELECT shop.missing ERROR',
      '  INTERNAL ER_NO_SUCH_TABLE',
      'CLIENT DROP DATABASE shop',
    ])
    expect(named(spans, 'DELETE items').attributes).toEqual({
      'db.system.name': 'mariadb',
      'db.namespace': 'shop',
      'db.query.text': 'DELETE FROM items WHERE id = ?',
      'db.query.summary': 'DELETE items',
      'db.operation.name': 'DELETE',
      'server.address': '127.0.0.1',
      'server.port': port,
    })
    const { attributes, status } = named(spans, 'SELECT shop.missing')
    expect(attributes).toMatchObject({ 'error.type': 'ER_NO_SUCH_TABLE', 'db.response.status_code': '1146' })
    expect(status.message).toBe(`Table 'shop.missing' doesn't exist`)
    expect(written(spans)).not.toMatch(/hunter2|alice/)
  },
)
