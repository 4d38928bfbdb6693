import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { TraceStore } from '../../../src/viewer/model/trace-store.js'
import { pageServer, type PageServer } from '../../../src/viewer/serve/page-server.js'
import { memoryStore } from '../../../src/viewer/store/memory.js'

export interface PageApp {
  readonly url: string
  readonly store: TraceStore
  readonly refused: string[]
  close(): Promise<void>
}

const ASSETS = fileURLToPath(new URL('../../../dist/page', import.meta.url))

/** The built page, served over the given store on a port of its own. */
export async function startPageApp(store: TraceStore = memoryStore()): Promise<PageApp> {
  const refused: string[] = []
  const page: PageServer = pageServer({ store, assetsFolder: ASSETS, version: '1.2.3', refused: () => refused })
  const server: Server = createServer((request, response) => {
    if (!page.handle(request, response)) response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    store,
    refused,
    async close() {
      page.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      store.close()
    },
  }
}
