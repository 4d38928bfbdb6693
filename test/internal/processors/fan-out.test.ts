import { ROOT_CONTEXT } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { fanOut } from '../../../src/internal/processors/fan-out.js'

const span = { name: 'work' } as Span & ReadableSpan

let calls: string[]
let said: string[]

beforeEach(() => {
  calls = []
  said = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.push(String(text))
    return true
  })
})

afterEach(() => {
  vi.restoreAllMocks()
})

/** Notes what it is called with; a class, as its `this` has to be the right one. */
class Noting implements SpanProcessor {
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  onStart(started: Span, parentContext: unknown): void {
    this.#note('onStart', started === span, parentContext === ROOT_CONTEXT)
  }

  onEnding(ending: Span): void {
    this.#note('onEnding', ending === span)
  }

  onEnd(ended: ReadableSpan): void {
    this.#note('onEnd', ended === span)
  }

  async forceFlush(): Promise<void> {
    await Promise.resolve()
    this.#note('forceFlush')
  }

  async shutdown(): Promise<void> {
    await Promise.resolve()
    this.#note('shutdown')
  }

  #note(...parts: unknown[]): void {
    calls.push([this.#name, ...parts].join(' '))
  }
}

function failing(error: unknown): SpanProcessor {
  const fail = (): never => {
    throw error
  }
  return { onStart: fail, onEnding: fail, onEnd: fail, forceFlush: fail, shutdown: fail }
}

function wholeLife(processor: SpanProcessor): void {
  processor.onStart(span, ROOT_CONTEXT)
  processor.onEnding?.(span)
  processor.onEnd(span)
}

test('hands everything to each processor, in their order', () => {
  wholeLife(fanOut([new Noting('a'), new Noting('b')]))
  expect(calls).toEqual([
    'a onStart true true',
    'b onStart true true',
    'a onEnding true',
    'b onEnding true',
    'a onEnd true',
    'b onEnd true',
  ])
})

test('leaves out onEnding for those who don’t have it', () => {
  const without = Object.assign(new Noting('without'), { onEnding: undefined }) as unknown as SpanProcessor
  fanOut([without, new Noting('a')]).onEnding?.(span)
  expect([calls, said]).toEqual([['a onEnding true'], []])
})

test('what one throws is logged once with its name, and the others don’t notice', () => {
  class Clumsy extends Noting {
    override onStart(): void {
      throw new Error('no start')
    }
    override onEnding(): void {
      throw new Error('no ending')
    }
    override onEnd(): void {
      throw new Error('no end')
    }
  }
  const processor = fanOut([new Clumsy('clumsy'), new Noting('a')])
  wholeLife(processor)
  wholeLife(processor)
  expect(calls).toEqual([...Array(2).keys()].flatMap(() => ['a onStart true true', 'a onEnding true', 'a onEnd true']))
  expect(said).toEqual([expect.stringMatching(/Clumsy.*no start/)])
})

test('two that throw are told one by one', () => {
  class First extends Noting {
    override onEnd(): void {
      throw new Error('first')
    }
  }
  class Second extends Noting {
    override onEnd(): void {
      throw new Error('second')
    }
  }
  fanOut([new First('1'), new Second('2')]).onEnd(span)
  expect(said).toEqual([expect.stringContaining('First'), expect.stringContaining('Second')])
})

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['a symbol', Symbol('thrown')],
  ['an object without a prototype', Object.create(null)],
  [
    'an error whose message can’t be read',
    Object.defineProperty(new Error(), 'message', {
      get: () => {
        throw new Error('nor told')
      },
    }),
  ],
])('whatever is thrown never reaches the host: %s', (_what, thrown) => {
  wholeLife(fanOut([failing(thrown), new Noting('a')]))
  expect(calls).toEqual(['a onStart true true', 'a onEnding true', 'a onEnd true'])
})

test('a processor without a class may throw, too', () => {
  const bare = Object.assign(Object.create(null) as object, failing(new Error('bare')))
  wholeLife(fanOut([bare, new Noting('a')]))
  expect(calls).toEqual(['a onStart true true', 'a onEnding true', 'a onEnd true'])
})

test('flush and shutdown wait for all', async () => {
  const processor = fanOut([new Noting('a'), new Noting('b')])
  await processor.forceFlush()
  await processor.shutdown()
  expect(calls).toEqual(['a forceFlush', 'b forceFlush', 'a shutdown', 'b shutdown'])
})

test('flush and shutdown reject as one does, and reach the others', async () => {
  const processor = fanOut([failing(new Error('away')), new Noting('a')])
  await expect(processor.forceFlush()).rejects.toThrow('away')
  await expect(processor.shutdown()).rejects.toThrow('away')
  expect(calls).toEqual(['a forceFlush', 'a shutdown'])
})

test('of none does nothing', async () => {
  const processor = fanOut([])
  wholeLife(processor)
  await expect(processor.forceFlush()).resolves.toBeUndefined()
  await expect(processor.shutdown()).resolves.toBeUndefined()
})
