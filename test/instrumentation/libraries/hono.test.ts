import { expect, test } from 'vitest'
import { runLibrary, treeOf, WAYS } from './run-library.js'

test.each(WAYS)(
  'requests to Hono have their routes, spans of their middleware and handlers, and what these throw: %s',
  async (way) => {
    const { stdout, spans } = await runLibrary('hono', way)
    const answers = ['200 1', '401 no', '500 Internal Server Error', '500 Internal Server Error', '200 2']
    expect(stdout.split('\n')).toEqual(['5 true check', ...answers, '404 404 Not Found', '200', ''])
    const ofServer = spans.filter(({ scope }) => !scope.name.endsWith('undici'))
    expect(treeOf(ofServer).map((line) => line.replace(' [parent not received]', ''))).toEqual([
      'SERVER GET /items/:id',
      '  INTERNAL middleware - check',
      '    INTERNAL request handler - /items/:id',
      '      INTERNAL look up',
      'SERVER GET /items/:id',
      '  INTERNAL middleware - check',
      'SERVER GET /items/:id/pages ERROR',
      '  INTERNAL middleware - check',
      '    INTERNAL request handler - /items/:id/pages ERROR',
      'SERVER GET /api/v1/fails ERROR',
      '  INTERNAL request handler - /api/v1/fails ERROR',
      'SERVER GET /api/v1/inner',
      '  INTERNAL request handler - /api/v1/inner',
      '    INTERNAL middleware - check',
      '      INTERNAL request handler - /items/:id',
      '        INTERNAL look up',
      'SERVER GET',
      'INTERNAL test',
      '  INTERNAL middleware - check',
      '    INTERNAL request handler - /items/:id',
      '      INTERNAL look up',
    ])
    const failed = ofServer.filter(({ kind, status }) => kind === 'SERVER' && status.code === 'ERROR')
    expect(failed.map(({ events }) => events.map(({ attributes }) => attributes['exception.message']))).toEqual([
      ['torn out'],
      ['no such shelf'],
    ])
  },
)
