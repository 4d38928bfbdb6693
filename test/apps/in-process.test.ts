import { expect, test } from 'vitest'
import { serveAndAsk } from '../helpers/served-app.js'
import { spanTree } from '../helpers/span-tree.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'

test('a request within a request has a server span below, and the outer one keeps its route and its status', async () => {
  const requests = ['POST /batch', '/express', '/koa']
  const run = await serveAndAsk({ args: [fixture('apps/in-process.mjs')], cwd: REPOSITORY, requests })

  expect(run.answers).toEqual(['200 [200,500]', '200 200', '200 200'])
  expect(spanTree(run.spans)).toEqual([
    'SERVER POST /batch (app) [parent not received]',
    '  SERVER GET /items/:id (app)',
    '  SERVER GET /items/:id (app)',
    'SERVER GET /express (app) [parent not received]',
    '  SERVER GET /things/:id (app)',
    '    INTERNAL request handler - /things/:id (app)',
    'SERVER GET /koa (app) [parent not received]',
    '  SERVER GET /koa/:id (app)',
    '    INTERNAL middleware - router (app)',
    '      INTERNAL middleware - answer (app)',
  ])
  const statuses = run.spans.filter(({ status }) => status.code === 'ERROR').map(({ name }) => name)
  expect(statuses).toEqual(['GET /items/:id'])
})

test('so it has where a factory makes each app, as in hapi and Connect', async () => {
  const requests = ['POST /batch', '/connect']
  const run = await serveAndAsk({ args: [fixture('apps/in-process-factories.cjs')], cwd: REPOSITORY, requests })

  expect(run.answers).toEqual(['200 200', '200 200'])
  const tree = spanTree(run.spans).filter((line) => line.includes('SERVER'))
  expect(tree).toEqual([
    'SERVER POST /batch (app) [parent not received]',
    '    SERVER GET /items/{id} (app)',
    'SERVER GET /connect (app) [parent not received]',
    // Below the span of the layer of Connect that makes the request.
    '    SERVER GET /inner (app)',
  ])
})
