import { describe, expect, test } from 'vitest'
import { freePort } from '../helpers/free-port.js'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runNode, startNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'
import { temporaryFolder } from './collector.js'
import { has, needs, programPath } from './programs.js'

describe.skipIf(!has('ferretdb', 'mongodb'))(
  `a server of MongoDB's protocol, FerretDB ${needs('ferretdb', 'mongodb')}`,
  () => {
    test('each command is a span below the work that it is for, without values, and one that is refused has an error', async () => {
      await using folder = await temporaryFolder('ferretdb')
      await using sink = await otlpSink()
      const port = await freePort()
      await using _server = await startNode({
        node: programPath('ferretdb'),
        args: [
          `--listen-addr=127.0.0.1:${port}`,
          '--handler=sqlite',
          `--sqlite-url=file:${folder.path}/`,
          `--state-dir=${folder.path}`,
          '--telemetry=disable',
          '--debug-addr=-',
        ],
        ready: /Listening on TCP/,
        timeoutMillis: 20_000,
      })
      const { stdout, exitCode } = await runNode({
        args: ['--import', 'spanwright/register', fixture('backends/mongodb.mjs')],
        cwd: REPOSITORY,
        env: {
          OTEL_SERVICE_NAME: 'shop',
          OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl,
          OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'mongodb',
          DRIVER: programPath('mongodb'),
          MONGODB: `mongodb://127.0.0.1:${port}`,
        },
        timeoutMillis: 20_000,
      })
      expect({ stdout, exitCode }).toEqual({ stdout: '1\nrefused\n', exitCode: 0 })
      const spans = sink.spans().toSorted((a, b) => Number(a.startUnixNano - b.startUnixNano))
      const order = spans.find(({ name }) => name === 'order')
      const commands = spans.filter(({ parentSpanId }) => parentSpanId === order?.spanId)
      expect(commands.map(({ name, kind, status }) => [name, kind, status.code])).toEqual([
        ['insert orders', 'CLIENT', 'UNSET'],
        ['find orders', 'CLIENT', 'UNSET'],
        // OpenTelemetry's instrumentation has the collection of an aggregation from the driver, whose word for it is this.
        ['aggregate $cmd', 'CLIENT', 'ERROR'],
      ])
      for (const { attributes } of commands.slice(0, 2))
        expect(attributes).toMatchObject({
          'db.system.name': 'mongodb',
          'db.collection.name': 'orders',
          'server.port': port,
        })
      expect(
        JSON.stringify(spans, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
      ).not.toContain('4242')
    }, 60_000)
  },
)
