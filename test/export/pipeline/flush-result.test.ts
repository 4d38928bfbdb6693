import { trace } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import { otlpSink } from '../../helpers/otlp-sink.js'
import { runNode } from '../../helpers/run-node.js'
import { fixture, REPOSITORY } from '../../helpers/traced-app.js'
import { AnyExporter, environmentFor, FAILED, otlpRig, rig, startTracingTo, SUCCESS } from './rig.js'

const NOTHING = { exported: 0, failed: 0, dropped: 0, pending: 0, spooled: 0, timedOut: false }

test('a flush says what the backend has taken and refused since, and nothing of what was before', async () => {
  const answers = [SUCCESS, FAILED, SUCCESS]
  const exporter = new AnyExporter((done) => done(answers.shift() ?? SUCCESS))
  const { end, processor } = rig({ exporter, maxExportBatchSize: 4 })
  end(4)
  expect(await processor.forceFlush()).toEqual({ ...NOTHING, exported: 4 })
  end(6)
  expect(await processor.forceFlush()).toEqual({ ...NOTHING, exported: 2, failed: 4 })
  expect(await processor.forceFlush()).toEqual(NOTHING)
})

test('a flush whose time is up says so, and what still waits; a shutdown says what it has dropped', async () => {
  const { end, processor } = rig({ exporter: new AnyExporter(() => undefined) })
  end(3)
  expect(await processor.forceFlush({ timeoutMillis: 20 })).toEqual({ ...NOTHING, pending: 3, timedOut: true })
  const left = { ...NOTHING, dropped: 3, timedOut: true }
  expect(await processor.shutdown({ timeoutMillis: 20 })).toEqual(left)
  expect(await processor.shutdown()).toEqual(left)
  expect(await processor.forceFlush()).toEqual(left)
})

describe.each(['grpc', 'http/protobuf'] as const)('over %s', (protocol) => {
  test('a flush says what the backend has taken, refused in part, and not taken since nobody was there', async () => {
    await using sink = await otlpSink()
    const { end, processor } = otlpRig(sink, protocol)
    end(5)
    expect(await processor.forceFlush()).toEqual({ ...NOTHING, exported: 5 })
    sink.respondWith([{ kind: 'partialSuccess', rejectedSpans: 2 }])
    end(5)
    expect(await processor.forceFlush()).toEqual({ ...NOTHING, exported: 3, failed: 2 })
    await sink.down()
    end(5)
    expect(await processor.forceFlush()).toEqual({ ...NOTHING, pending: 5 })
    await sink.up()
    sink.respondWith({ kind: 'hang' })
    expect(await processor.shutdown({ timeoutMillis: 400 })).toEqual({ ...NOTHING, dropped: 5, timedOut: true })
  })
})

test('the handle says it of its own processors, summed up', async () => {
  await using sink = await otlpSink()
  const other = otlpRig(sink, 'http/protobuf').processor
  const tracing = startTracingTo(sink, 'http/protobuf', { spanProcessors: [other] })
  trace.getTracer('app').startSpan('work').end()
  const { exported } = await tracing.flush({ timeoutMillis: 5_000 })
  expect(exported).toBe(sink.spans().length)
  trace.getTracer('app').startSpan('work').end()
  expect(await tracing.shutdown()).toEqual({ ...NOTHING, exported: sink.spans().length - exported })
})

describe.each(['cjs', 'mjs'])('an app in %s', (kind) => {
  const run = async (...args: string[]): Promise<{ stdout: string; stderr: string }> => {
    await using sink = await otlpSink()
    sink.respondWith({ kind: 'status', http: 400, message: 'not today' })
    const env = environmentFor(sink, 'http/protobuf')
    return await runNode({ args: [fixture(`batch/global-error-handler.${kind}`), ...args], cwd: REPOSITORY, env })
  }

  test('hears of refused spans by the global error handler that it has set, and of the failure in the result', async () => {
    const { stdout, stderr } = await run()
    expect(stdout).toMatch(/^handled: 1 span dropped: http:\S+ did not take them: HTTP 400/)
    expect(stdout).toContain('"exported":0,"failed":1,"dropped":0')
    expect(stderr.match(/HTTP 400/g)).toHaveLength(1)
  })

  test('reads of a failure once where it has set none', async () => {
    const { stdout, stderr } = await run('default')
    expect(stdout).toContain('"failed":1')
    expect(stderr.match(/HTTP 400/g)).toHaveLength(1)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})
