import { expect, test } from 'vitest'
import { runNode, startNode } from '../helpers/run-node.js'
import { REPOSITORY } from '../helpers/traced-app.js'

test('the example of AWS Lambda prints one trace, the continued one', async () => {
  const { stdout, stderr } = await runNode({ args: ['examples/middleware-lambda.mjs'], cwd: REPOSITORY })
  expect(stdout.match(/^trace /gm)).toHaveLength(1)
  expect(stdout).toContain('trace 0af7651916cd43dd8448eb211c80319c')
  expect(stdout).toMatch(/GET \/pets\/\{id\} [^]*server +→ 200[^]*find pet/)
  expect(stdout).toContain("statusCode: 200, body: '{")
  expect(stderr).toBe('')
})

test('the example of Express answers with the trace, prints it, and says why a request failed', async () => {
  await using server = await startNode({
    args: ['examples/middleware-express.mjs'],
    cwd: REPOSITORY,
    env: { PORT: '0', NODE_ENV: 'test' },
    ready: /http:\/\/localhost:(\d+)/,
  })
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${server.ready[1]}${path}`)
  const health = await get('/health')
  expect(health.headers.get('traceresponse')).toBeNull()
  const order = await get('/orders/7')
  const traceId = order.headers.get('traceresponse')?.split('-')[1]
  expect((await get('/broken')).status).toBe(500)
  const { stdout } = await server.stop()
  expect(stdout.match(/^trace /gm)).toHaveLength(2)
  expect(stdout).toContain(`trace ${traceId}`)
  expect(stdout).toMatch(/GET \/orders\/:id[^]*SELECT orders/)
  expect(stdout).toContain('Error: no orders today')
})
