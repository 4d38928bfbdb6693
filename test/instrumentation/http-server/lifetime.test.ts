import { once } from 'node:events'
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeAll, expect, test } from 'vitest'
import { activeId, GET } from './handled.js'
import { followContexts, lean, serve, traced, wentToUpstream } from './traced-servers.js'

beforeAll(followContexts)

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

test('nothing is kept of a request that is over, while its connection goes on', async () => {
  const { instrumentation, spans } = traced(lean)
  const kept: WeakRef<object>[] = []
  const paths: boolean[] = []
  await using server = await serve(instrumentation, (request, response) => {
    const load = { bytes: new Uint8Array(1_000), id: activeId() }
    kept.push(new WeakRef(load), new WeakRef(request), new WeakRef(response))
    paths.push(wentToUpstream(request))
    for (const emitter of [request, response]) {
      emitter.on('news', () => load)
      emitter.once('news', () => load)
    }
    response.end('done')
  })
  const client = connect(server.port, '127.0.0.1')
  for (let i = 0; i < 3; i++) {
    client.write(GET.replace('close', 'keep-alive'))
    await once(client, 'data')
  }
  expect(paths).toEqual([false, false, false])
  await expect.poll(() => spans.ended.length).toBe(3)
  // Node.js itself keeps the last request of a connection.
  await expect
    .poll(() => (collectGarbage(), kept.slice(0, 6).filter((reference) => reference.deref()).length), {
      timeout: 10_000,
    })
    .toBe(0)
  client.destroy()
})
