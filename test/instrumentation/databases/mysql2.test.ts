import { expect, test } from 'vitest'
import { hasMariadb, NEEDS_MARIADB, startMariadb } from '../../helpers/mariadb.js'
import { runLibrary, WAYS, written } from '../libraries/run-library.js'

test.skipIf(!hasMariadb)(
  `queries of mysql2 have the code that they have failed by, and end also with values and no callback ${NEEDS_MARIADB}`,
  async () => {
    await using server = await startMariadb()
    for (const way of WAYS) {
      const { stdout, spans, tree } = await runLibrary('mysql2', way, { MARIADB_PORT: String(server.port) })
      expect(stdout).toBe('promise: ER_NO_SUCH_TABLE\n')
      expect(tree).toEqual([
        'INTERNAL callback',
        '  CLIENT SELECT shop.missing ERROR',
        '  INTERNAL ER_NO_SUCH_TABLE',
        'INTERNAL event',
        '  CLIENT SELECT shop.missing ERROR',
        '  INTERNAL error',
        'INTERNAL promise',
        '  CLIENT SELECT shop.missing ERROR',
        'INTERNAL values',
        '  CLIENT SELECT',
        '  INTERNAL end',
      ])
      for (const { attributes, events, status } of spans.filter((span) => span.status.code === 'ERROR')) {
        expect(attributes).toMatchObject({ 'error.type': 'ER_NO_SUCH_TABLE', 'db.response.status_code': '1146' })
        expect(events.map(({ name }) => name)).toEqual(['exception'])
        expect(status.message).toBe(`Table 'shop.missing' doesn't exist`)
      }
      expect(written(spans)).not.toContain('hunter2')
    }
  },
)
