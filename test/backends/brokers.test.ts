import { describe, expect, test } from 'vitest'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runNode, startNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'
import { startKafka, startMqtt, startNats, type RunningBroker } from './broker-programs.js'
import { has, hasJava, needs } from './programs.js'

describe('a message and the work on it in another process are one trace', () => {
  test.skipIf(!has('kafka') || !hasJava)(
    `through Kafka, by kafkajs ${needs('kafka')}, and Java`,
    async () => {
      await expectOneTrace('kafka', startKafka)
    },
    180_000,
  )

  test.skipIf(!has('brokers'))(
    `through NATS ${needs('brokers')}`,
    async () => {
      await expectOneTrace('nats', startNats)
    },
    60_000,
  )

  test.skipIf(!has('brokers'))(
    `through MQTT 5, by Mosquitto ${needs('brokers')}`,
    async () => {
      await expectOneTrace('mqtt', startMqtt)
    },
    60_000,
  )
})

async function expectOneTrace(system: string, start: () => Promise<RunningBroker>): Promise<void> {
  await using sink = await otlpSink()
  await using broker = await start()
  const side = (role: string): { args: string[]; cwd: string; env: Record<string, string> } => ({
    args: ['--import', 'spanwright/register', fixture('backends/broker.mjs'), role, system],
    cwd: REPOSITORY,
    env: {
      OTEL_SERVICE_NAME: role,
      BROKER: broker.address,
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl,
      // Without the connections of clients that have no instrumentation.
      OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'kafkajs',
    },
  })
  await using receiver = await startNode({ ...side('receive'), ready: /^listening$/, timeoutMillis: 40_000 })
  const sender = await runNode({ ...side('send'), timeoutMillis: 30_000 })
  expect(sender).toMatchObject({ exitCode: 0 })
  await receiver.waitForLine(/^order$/, { timeoutMillis: 30_000 })
  await receiver.stop()
  const spans = sink.spans()
  const sent = spans.find(({ kind }) => kind === 'PRODUCER')
  const worked = spans.find(({ kind, name }) => kind === 'CONSUMER' && name.startsWith('process'))
  expect(sent).toMatchObject({ name: 'send orders', attributes: { 'messaging.system.name': system } })
  expect(worked).toMatchObject({ name: 'process orders', traceId: sent?.traceId, parentSpanId: sent?.spanId })
  expect(worked?.attributes).toMatchObject({ 'messaging.system.name': system, 'messaging.destination.name': 'orders' })
}
