import { expect, test } from 'vitest'
import { servedRoutes, serveAndAsk } from '../helpers/served-app.js'
import { spanTree } from '../helpers/span-tree.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'

test.each([
  ['Express 4', 'json-server/node_modules/express'],
  ['Express 5', 'express'],
])(
  'server spans of %s have the route, of mounted routers too, also behind it and with a query',
  async (_which, path) => {
    const requests = ['/', '/?page=2', '/api/v1/7', '/api/v1/sub/x/8', '/found/9', '/nothing']
    const args = [fixture('apps/express.cjs'), `${REPOSITORY}/node_modules/${path}`]
    const run = await serveAndAsk({ args, cwd: REPOSITORY, requests })

    expect(servedRoutes(run.spans)).toEqual([
      'GET / (/)',
      'GET / (/)',
      'GET /api/:version/:id (/api/:version/:id)',
      'GET /api/:version/sub/:key/:id (/api/:version/sub/:key/:id)',
      'GET /found/:id (/found/:id)',
      'GET (no route)',
    ])
    expect(run.spans.filter(({ kind }) => kind === 'SERVER')).toHaveLength(requests.length)
  },
)

test('server spans of Koa have the route of @koa/router, each layer one span', async () => {
  const requests = ['/items/7', '/api/inner/8', '/nothing']
  const run = await serveAndAsk({ args: [fixture('apps/koa.mjs')], cwd: REPOSITORY, requests })

  expect(servedRoutes(run.spans)).toEqual([
    'GET /items/:id (/items/:id)',
    'GET /api/inner/:key (/api/inner/:key)',
    'GET (no route)',
  ])
  expect(spanTree(run.spans)).toEqual([
    'SERVER GET /items/:id (app) [parent not received]',
    '  INTERNAL middleware - timing (app)',
    '    INTERNAL router - /items/:id (app)',
    'SERVER GET /api/inner/:key (app) [parent not received]',
    '  INTERNAL middleware - timing (app)',
    '    INTERNAL router - /api/inner/:key (app)',
    'SERVER GET (app) [parent not received]',
    '  INTERNAL middleware - timing (app)',
  ])
})
