import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { otlpSink, type OtlpSink } from '../helpers/otlp-sink.js'
import { startNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'

let sink: OtlpSink
let metadata: Server

beforeEach(async () => {
  sink = await otlpSink()
})

afterEach(async () => {
  await sink.close()
  metadata.closeAllConnections()
  metadata.close()
})

/** Runs an app that makes one span and lives on, beside Google's metadata server on an address of its own. */
async function attributesFound(
  detectors: string,
  answer: RequestListener,
): Promise<{ attributes: object; stderr: string }> {
  metadata = createServer(answer).listen(0, '127.0.0.1')
  await once(metadata, 'listening')
  const { port } = metadata.address() as AddressInfo
  await using app = await startNode({
    cwd: REPOSITORY,
    args: ['--import', 'spanwright/register', fixture('span-and-wait.mjs')],
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl,
      OTEL_BSP_SCHEDULE_DELAY: '10',
      OTEL_NODE_RESOURCE_DETECTORS: detectors,
      GCE_METADATA_HOST: `127.0.0.1:${port}`,
    },
    ready: /ready/,
  })
  const [span] = await sink.waitForSpans(1)
  return { attributes: span?.resource.attributes ?? {}, stderr: app.stderr() }
}

const GOOGLE: Readonly<Record<string, string>> = {
  '/computeMetadata/v1/instance': 'there',
  '/computeMetadata/v1/project/project-id': 'my-project',
  '/computeMetadata/v1/instance/machine-type': 'projects/1/machineTypes/n1',
  '/computeMetadata/v1/instance/zone': 'projects/1/zones/europe-west1-b',
  '/computeMetadata/v1/instance/id': '42',
  '/computeMetadata/v1/instance/name': 'host-1',
}

describe('a cloud detector', () => {
  test('that is named finds what the metadata server says', async () => {
    const { attributes, stderr } = await attributesFound('env,gcp', (request, response) => {
      const text = GOOGLE[request.url ?? '']
      response.writeHead(text === undefined ? 404 : 200, { 'metadata-flavor': 'Google' }).end(text)
    })
    expect(attributes).toMatchObject({ 'cloud.provider': 'gcp', 'cloud.account.id': 'my-project' })
    expect(stderr).toBe('')
  })

  test('that hangs is cut off and named, and the spans go out without what it looks for', async () => {
    const { attributes, stderr } = await attributesFound('env,gcp', () => undefined)
    expect(attributes).not.toHaveProperty(['cloud.provider'])
    expect(stderr).toMatch(/^spanwright: the resource detector "gcp" has found nothing in 1000 ms and is skipped;/)
  })
})

test('no detector asks the network unless it is named, also among all', async () => {
  let asked = 0
  const { attributes, stderr } = await attributesFound('all', (_request, response) => {
    asked += 1
    response.end()
  })
  expect(attributes).toHaveProperty(['host.name'])
  expect({ asked, stderr }).toEqual({ asked: 0, stderr: '' })
})
