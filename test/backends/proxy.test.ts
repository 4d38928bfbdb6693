import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { freePort } from '../helpers/free-port.js'
import { NGINX, startNginx } from '../helpers/nginx.js'
import { runNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'
import {
  fileExporter,
  otlpReceiver,
  QUIET,
  spansInFile,
  startCollector,
  temporaryFolder,
  waitForSpans,
} from './collector.js'
import { has, needs } from './programs.js'

/** 400 spans of 2 KB, and one of 100 KB. */
const SPANS = ['401', '2000', '100000']

describe.skipIf(!has('collector') || NGINX === undefined)(
  `a limit of 50 kB before the collector ${needs('collector')}, and nginx`,
  () => {
    test.each([
      ['nginx over HTTP', 'http/protobuf', /HTTP 413/],
      ['nginx over gRPC', 'grpc', /HTTP status code 413/],
      ["the collector's own over gRPC", 'grpc', /larger than max/],
    ])(
      'by %s: every span arrives once but the one that is larger alone, which is logged',
      async (way, protocol, reason) => {
        await using stack = new AsyncDisposableStack()
        const folder = stack.use(await temporaryFolder('proxy'))
        const file = join(folder.path, 'spans.jsonl')
        const [grpc, http, limited] = await Promise.all([freePort(), freePort(), freePort()])
        stack.use(
          await startCollector(folder.path, {
            receivers: {
              otlp: otlpReceiver(grpc, http),
              'otlp/limited': {
                protocols: { grpc: { endpoint: `127.0.0.1:${limited}`, max_recv_msg_size_mib: 1 } },
              },
            },
            exporters: { file: fileExporter(file) },
            service: { ...QUIET, pipelines: { traces: { receivers: ['otlp', 'otlp/limited'], exporters: ['file'] } } },
          }),
        )
        const isGrpc = protocol === 'grpc'
        const pass = isGrpc ? `grpc_pass grpc://127.0.0.1:${grpc}` : `proxy_pass http://127.0.0.1:${http}`
        const nginx = stack.use(
          await startNginx(`client_max_body_size 50k; location / { ${pass}; }`, { http2: isGrpc }),
        )
        const isOwn = way.startsWith('the')
        const { stderr, exitCode } = await runNode({
          args: [
            '--import',
            'spanwright/register',
            fixture('large-spans.mjs'),
            ...(isOwn ? ['401', '20000', '1500000'] : SPANS),
          ],
          cwd: REPOSITORY,
          env: {
            OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
            OTEL_EXPORTER_OTLP_ENDPOINT: isOwn ? `http://127.0.0.1:${limited}` : nginx.url,
            OTEL_BSP_SCHEDULE_DELAY: '60000',
          },
          timeoutMillis: 25_000,
        })
        await waitForSpans(() => spansInFile(file), 400).catch(() => undefined)
        const spans = spansInFile(file)
        expect([exitCode, spans.length, new Set(spans.map(({ spanId }) => spanId)).size, stderr]).toEqual([
          0,
          400,
          400,
          expect.stringMatching(/^spanwright: 1 span dropped: .*One span alone is too large/),
        ])
        expect(stderr).toMatch(reason)
      },
      60_000,
    )
  },
)
