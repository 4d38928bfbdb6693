import { propagation, trace, type TextMapPropagator } from '@opentelemetry/api'
import { once } from 'node:events'
import { runInNewContext } from 'node:vm'
import { MessageChannel, BroadcastChannel, Worker, receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { receivedMessage } from '../../src/context/message-context.js'
import { portWithContext, workerWithContext } from '../../src/context/worker-with-context.js'
import { TestTracing } from '../spans/tracing.js'
import { inRequest, request } from './active-baggage.js'

const open: { close(): void }[] = []
afterEach(() => {
  for (const port of open.splice(0)) port.close()
})

function channel(): { near: MessagePort; far: MessagePort } {
  const { port1, port2 } = new MessageChannel()
  open.push(port1, port2)
  return { near: portWithContext(port1), far: port2 }
}

/** The first message, as a handler sees it. */
function received(port: MessagePort): Promise<{ message: unknown; from: string | undefined }> {
  return new Promise((resolve) => port.on('message', (message) => resolve({ message, from: request() })))
}

describe('between two ports', () => {
  test('without portWithContext a handler runs outside of the sender’s request', async () => {
    new TestTracing()
    const { port1, port2 } = new MessageChannel()
    open.push(port1, port2)
    const arrived = received(port2)
    inRequest('r1', () => port1.postMessage({ id: 7 }))
    expect(await arrived).toEqual({ message: { id: 7 }, from: undefined })
  })

  const cyclic: Record<string, unknown> = { id: 7 }
  cyclic.list = [cyclic]
  test.each([
    ['a plain object', { id: 7, value: 'a', headers: { x: 1 } }],
    ['a cycle', cyclic],
    ['a string', 'seven'],
    ['null', null],
    ['zero', 0],
    ['an array', [1, { two: 2 }]],
    ['a map', new Map([[{ a: 1 }, new Set([1n])]])],
    ['a date', new Date(0)],
    ['an error', new RangeError('too far')],
  ])('%s arrives as it was, in the context of its sender', async (_name, message) => {
    new TestTracing()
    const { near, far } = channel()
    const arrived = received(portWithContext(far))
    inRequest('r1', () => near.postMessage(message))
    expect(await arrived).toStrictEqual({ message: structuredClone(message), from: 'r1' })
  })

  test('the span around is the parent of what the handler does, and replies travel back likewise', async () => {
    const tracing = new TestTracing()
    const tracer = trace.getTracer('test')
    const { near, far } = channel()
    portWithContext(far).on('message', () =>
      tracer.startActiveSpan('work', (span) => {
        far.postMessage({ done: true })
        span.end()
      }),
    )
    const replied = Promise.withResolvers<undefined>()
    near.on('message', () => {
      tracer.startSpan('reply').end()
      replied.resolve(undefined)
    })
    tracer.startActiveSpan('request', (span) => {
      near.postMessage({ id: 7 })
      span.end()
    })
    await replied.promise
    const id = (name: string) => tracing.named(name).spanContext().spanId
    expect(tracing.named('work').parentSpanContext?.spanId).toBe(id('request'))
    expect(tracing.named('reply').parentSpanContext?.spanId).toBe(id('work'))
  })

  test('every listener of an event gets the value in the context: addEventListener, objects, onmessage, on', async () => {
    new TestTracing()
    const { near, far } = channel()
    portWithContext(far)
    const seen: unknown[] = []
    const all = Promise.withResolvers<undefined>()
    const note = (how: string, data: unknown): void => void seen.push([how, data, request()])
    const events = far as unknown as EventTarget & { onmessage: (event: MessageEvent) => void }
    events.onmessage = ({ data }) => note('onmessage', data)
    events.addEventListener('message', (event) => note('function', (event as MessageEvent).data))
    events.addEventListener('message', { handleEvent: (event) => note('object', (event as MessageEvent).data) })
    far.once('message', (value) => note('once', value))
    far.on('message', (value) => {
      note('on', value)
      if (value === 'end') all.resolve(undefined)
    })
    inRequest('r1', () => near.postMessage({ id: 7 }))
    inRequest('r2', () => near.postMessage('end'))
    await all.promise
    const first = ['onmessage', 'function', 'object', 'once', 'on'].map((how) => [how, { id: 7 }, 'r1'])
    const second = ['onmessage', 'function', 'object', 'on'].map((how) => [how, 'end', 'r2'])
    expect(seen).toEqual([...first, ...second])
  })

  test('a listener that is taken away is not called any more', async () => {
    new TestTracing()
    const { near, far } = channel()
    const listener = vi.fn()
    portWithContext(far).on('message', listener)
    far.off('message', listener)
    const arrived = received(far)
    near.postMessage(1)
    await arrived
    expect(listener).not.toHaveBeenCalled()
  })

  test('transfer lists are kept', async () => {
    new TestTracing()
    const { near, far } = channel()
    const arrived = received(portWithContext(far))
    const buffer = new ArrayBuffer(8)
    inRequest('r1', () => near.postMessage({ buffer }, [buffer]))
    expect(buffer.detached).toBe(true)
    expect(await arrived).toEqual({ message: { buffer: new ArrayBuffer(8) }, from: 'r1' })
  })

  test('what cannot be cloned throws the error of Node.js, and the object that was sent stays as it was', () => {
    new TestTracing()
    const { near } = channel()
    const message = Object.freeze({ id: 7 })
    inRequest('r1', () => {
      near.postMessage(message)
      expect(() => near.postMessage(() => 1)).toThrow(/could not be cloned/)
      expect(() => near.postMessage({ fn: () => 1 })).toThrow(/could not be cloned/)
    })
    expect(message).toEqual({ id: 7 })
  })

  test('an end without our function sees its object with one key more, and a string inside of an object', () => {
    new TestTracing()
    const { near, far } = channel()
    const headers = { baggage: 'request=r1' }
    inRequest('r1', () => {
      near.postMessage({ id: 7 })
      near.postMessage('seven')
    })
    expect(receiveMessageOnPort(far)).toEqual({ message: { id: 7, 'spanwright.context': { headers } } })
    expect(receiveMessageOnPort(far)).toEqual({ message: { 'spanwright.context': { headers, value: 'seven' } } })
  })

  test('nothing is added where there is nothing to carry', () => {
    new TestTracing()
    const { near, far } = channel()
    near.postMessage('seven')
    expect(receiveMessageOnPort(far)).toEqual({ message: 'seven' })
    propagation.disable()
    inRequest('r1', () => near.postMessage('eight'))
    expect(receiveMessageOnPort(far)).toEqual({ message: 'eight' })
  })

  test('undefined is left alone: a process does not send it, and says so', () => {
    new TestTracing()
    const { near, far } = channel()
    inRequest('r1', () => near.postMessage(undefined))
    expect(receiveMessageOnPort(far)).toEqual({ message: undefined })
  })

  test('a message that only looks like ours is handled as it came', async () => {
    new TestTracing()
    const { near, far } = channel()
    const arrived = received(near)
    far.postMessage({ 'spanwright.context': 'something else' })
    expect(await arrived).toEqual({ message: { 'spanwright.context': 'something else' }, from: undefined })
  })

  test('a propagator that throws costs the context, not the message', async () => {
    new TestTracing()
    const broken: TextMapPropagator = {
      inject: (_context, carrier) => void Object.assign(carrier as object, { a: 'b' }),
      extract: () => {
        throw new Error('broken')
      },
      fields: () => [],
    }
    propagation.disable()
    propagation.setGlobalPropagator(broken)
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const { near, far } = channel()
    const arrived = received(portWithContext(far))
    near.postMessage({ id: 7 })
    expect(await arrived).toEqual({ message: { id: 7 }, from: undefined })
    expect(stderr).toHaveBeenCalledWith('spanwright: the trace context of a message could not be read: broken\n')
    stderr.mockRestore()
  })

  test('an end is taken once, however often it is given, and null is null', () => {
    new TestTracing()
    const { near } = channel()
    const before = Object.getOwnPropertyDescriptors(near)
    expect(portWithContext(near)).toBe(near)
    expect(Object.getOwnPropertyDescriptors(near)).toEqual(before)
    expect(portWithContext(null)).toBeNull()
  })
})

test('a message that arrives in a realm of its own, as in node:vm, is read, too', () => {
  new TestTracing()
  const message: unknown = runInNewContext(
    `({ 'spanwright.context': { headers: { baggage: 'request=r1' }, value: 7 } })`,
  )
  expect(receivedMessage(message)).toMatchObject({ value: 7 })
})

test('a broadcast channel carries it to all who listen', async () => {
  new TestTracing()
  const [sender, ...receivers] = Array.from({ length: 3 }, () => portWithContext(new BroadcastChannel('context test')))
  open.push(...receivers)
  const arrived = receivers.map(
    (receiver) =>
      new Promise((resolve) => {
        receiver.onmessage = (event) => resolve([(event as MessageEvent).data, request()])
      }),
  )
  inRequest('r1', () => sender?.postMessage('seven'))
  expect(await Promise.all(arrived)).toEqual([
    ['seven', 'r1'],
    ['seven', 'r1'],
  ])
  sender?.close()
})

test('a worker’s plain answers are handled where they arrive', async () => {
  new TestTracing()
  const file = `require('node:worker_threads').parentPort.postMessage('ready')`
  const worker = workerWithContext(inRequest('creator', () => new Worker(file, { eval: true })))
  const from = new Promise((resolve) => worker.on('message', (message) => resolve([message, request()])))
  expect(await from).toEqual(['ready', 'creator'])
  await worker.terminate()
})

test('a reply is handled in the context of its sender alone, wherever the worker was made', async () => {
  new TestTracing()
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const file = `require('node:worker_threads').parentPort.postMessage(
    { id: 7, 'spanwright.context': { headers: { traceparent: '${traceparent}' } } })`
  const worker = workerWithContext(inRequest('creator', () => new Worker(file, { eval: true })))
  const reply = new Promise((resolve) => {
    worker.on('message', (message) => resolve([message, trace.getActiveSpan()?.spanContext().spanId, request()]))
  })
  expect(await reply).toEqual([{ id: 7 }, 'b7ad6b7169203331', undefined])
  await worker.terminate()
})

test('a plain worker is not disturbed: it answers as ever', async () => {
  new TestTracing()
  const file = `const { parentPort } = require('node:worker_threads')
    parentPort.on('message', ({ id }) => parentPort.postMessage(id + 1))`
  const worker = workerWithContext(new Worker(file, { eval: true }))
  inRequest('r1', () => worker.postMessage({ id: 7 }))
  expect(await once(worker, 'message')).toEqual([8])
  await worker.terminate()
})
