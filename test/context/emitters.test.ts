import { EventEmitter, once } from 'node:events'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { bindContext } from '../../src/context/bind-context.js'
import { TestTracing } from '../spans/tracing.js'
import { inRequest, request } from './active-baggage.js'

const ADDING = ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'] as const

function boundEmitter(name = 'r1'): EventEmitter {
  new TestTracing()
  return inRequest(name, () => bindContext(new EventEmitter()))
}

/** A listener that notes who is around when it is called, and with what. */
function noting(): { seen: unknown[]; listener: (...args: unknown[]) => void } {
  const seen: unknown[] = []
  return { seen, listener: (...args) => void seen.push(request(), ...args) }
}

describe('an emitter', () => {
  test('without bindContext runs listeners in the context of who emits', () => {
    new TestTracing()
    const emitter = new EventEmitter()
    const { seen, listener } = noting()
    inRequest('r1', () => emitter.on('data', listener))
    emitter.emit('data')
    expect(seen).toEqual([undefined])
  })

  test.each(ADDING)('runs a listener that %s adds in the context, whoever emits', (add) => {
    const emitter = boundEmitter()
    const { seen, listener } = noting()
    emitter[add]('data', listener)
    inRequest('r2', () => emitter.emit('data', 7))
    expect(seen).toEqual(['r1', 7])
  })

  test.each(ADDING)('shows, counts and removes a listener that %s added by the original', (add) => {
    const emitter = boundEmitter()
    const { seen, listener } = noting()
    const told: unknown[] = []
    emitter.on('newListener', (_event, added) => told.push(added))
    emitter[add]('data', listener)
    expect(told).toEqual([listener])
    expect(emitter.listeners('data')).toEqual([listener])
    expect(emitter.listenerCount('data', listener)).toBe(1)
    emitter.off('data', listener)
    emitter.emit('data')
    expect([seen, emitter.listenerCount('data')]).toEqual([[], 0])
  })

  test.each(['once', 'prependOnceListener'] as const)('calls a listener that %s added once', (add) => {
    const emitter = boundEmitter()
    const { seen, listener } = noting()
    emitter[add]('data', listener)
    emitter.emit('data', 1)
    emitter.emit('data', 2)
    expect([seen, emitter.listenerCount('data')]).toEqual([['r1', 1], 0])
  })

  test('gives a listener its emitter as this, and symbols are events like others', () => {
    const emitter = boundEmitter()
    const event = Symbol('data')
    let self: unknown
    emitter.on(event, function (this: unknown) {
      self = [this, request()]
    })
    emitter.emit(event)
    expect(self).toEqual([emitter, 'r1'])
  })

  test('lets go of a listener that was added twice', () => {
    const emitter = boundEmitter()
    const { seen, listener } = noting()
    emitter.on('data', listener).on('data', listener).off('data', listener).off('data', listener)
    emitter.emit('data')
    expect(seen).toEqual([])
  })

  test('leaves the listeners that it has already as they are, and prepends before them', () => {
    new TestTracing()
    const emitter = new EventEmitter()
    const { seen, listener } = noting()
    emitter.on('data', () => listener('old'))
    inRequest('r1', () => bindContext(emitter)).prependListener('data', () => listener('new'))
    emitter.emit('data')
    expect(seen).toEqual(['r1', 'new', undefined, 'old'])
  })

  test('bound again gives the new context to listeners to come', () => {
    const emitter = boundEmitter('r1')
    const { seen, listener } = noting()
    emitter.on('data', listener)
    const before = Object.getOwnPropertyDescriptor(emitter, 'on')
    inRequest('r2', () => bindContext(emitter))
    expect(Object.getOwnPropertyDescriptor(emitter, 'on')).toEqual(before)
    emitter.on('data', listener)
    emitter.emit('data')
    expect(seen).toEqual(['r1', 'r2'])
  })

  test('takes raw listeners back without losing their context', () => {
    const emitter = boundEmitter()
    const { seen, listener } = noting()
    emitter.on('data', listener)
    const [raw] = emitter.rawListeners('data') as (() => void)[]
    emitter.removeAllListeners().on('data', raw ?? listener)
    emitter.emit('data')
    expect(seen).toEqual(['r1'])
    expect(emitter.listeners('data')).toEqual([listener])
  })

  test('complains of what is no function as it always does', () => {
    const emitter = boundEmitter()
    expect(() => emitter.on('data', 'no function' as never)).toThrow(/"listener" argument/)
  })

  test('works with once from node:events, and looks as before', async () => {
    const emitter = boundEmitter()
    const arrived = once(emitter, 'data')
    emitter.emit('data', 7)
    expect(await arrived).toEqual([7])
    expect(Object.keys(emitter)).toEqual(Object.keys(new EventEmitter()))
  })

  test('can be a stream: its data comes, in the context, and piping works', async () => {
    new TestTracing()
    const stream = inRequest('r1', () => bindContext(Readable.from(['a', 'b'])))
    const { seen, listener } = noting()
    stream.on('data', listener)
    await once(stream, 'end')
    expect(seen).toEqual(['r1', 'a', 'r1', 'b'])
  })
})

describe('an event target', () => {
  function boundTarget(): EventTarget {
    new TestTracing()
    return inRequest('r1', () => bindContext(new EventTarget()))
  }

  test('runs listeners in the context, functions and objects, each with its this', () => {
    const target = boundTarget()
    const seen: unknown[] = []
    const object = {
      handleEvent(): void {
        seen.push(this === object, request())
      },
    }
    target.addEventListener('done', function (this: unknown) {
      seen.push(this === target, request())
    })
    target.addEventListener('done', object)
    target.dispatchEvent(new Event('done'))
    expect(seen).toEqual([true, 'r1', true, 'r1'])
  })

  test('calls a listener that was added twice once, and lets go of it', () => {
    const target = boundTarget()
    const { seen, listener } = noting()
    const add = () => target.addEventListener('done', listener)
    add()
    add()
    target.dispatchEvent(new Event('done'))
    expect(seen).toEqual(['r1', expect.any(Event)])
    target.removeEventListener('done', listener)
    target.dispatchEvent(new Event('done'))
    expect(seen).toHaveLength(2)
  })

  test('gives a listener that went and came back the new context', () => {
    const target = boundTarget()
    const { seen, listener } = noting()
    target.addEventListener('done', listener, { once: true })
    target.dispatchEvent(new Event('done'))
    const before = Object.getOwnPropertyDescriptor(target, 'addEventListener')
    inRequest('r2', () => bindContext(target)).addEventListener('done', listener)
    expect(Object.getOwnPropertyDescriptor(target, 'addEventListener')).toEqual(before)
    target.dispatchEvent(new Event('done'))
    expect(seen.filter((item) => typeof item === 'string')).toEqual(['r1', 'r2'])
  })

  test('keeps the same listener apart for each type of event, and for capture', () => {
    const target = boundTarget()
    const { seen, listener } = noting()
    target.addEventListener('one', listener)
    target.addEventListener('two', listener, { capture: true })
    target.removeEventListener('one', listener)
    target.removeEventListener('two', listener)
    target.dispatchEvent(new Event('one'))
    target.dispatchEvent(new Event('two'))
    expect(seen).toEqual(['r1', expect.objectContaining({ type: 'two' })])
  })

  test('can be an AbortSignal, with its onabort', () => {
    new TestTracing()
    const controller = new AbortController()
    const { seen, listener } = noting()
    inRequest('r1', () => bindContext(controller.signal)).onabort = listener
    controller.abort()
    expect(seen).toEqual(['r1', expect.any(Event)])
  })
})
