import { AsyncResource } from 'node:async_hooks'
import { EventEmitter, once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { bindContext } from '../../src/context/bind-context.js'
import { TestTracing } from '../spans/tracing.js'
import { inRequest, request } from './active-baggage.js'

// What AsyncLocalStorage loses: who waited is called by who was busy. Each test sees the loss first, then the cure.

beforeEach(() => {
  new TestTracing()
})

type Job = () => void

/** One loop for all jobs, started with the app. */
function jobQueue(): { push(job: Job): void; close(): void } {
  const jobs: Job[] = []
  const bell = new EventEmitter()
  let isOpen = true
  const run = async (): Promise<void> => {
    while (isOpen) {
      for (const job of jobs.splice(0)) job()
      await once(bell, 'ring')
    }
  }
  void run()
  const ring = (): void => void bell.emit('ring')
  return {
    push(job) {
      jobs.push(job)
      ring()
    },
    close() {
      isOpen = false
      ring()
    },
  }
}

test('an emitter that was listened to with the start: its listener does not know the request that left the work', async () => {
  const work: Job[] = []
  const clock = new EventEmitter()
  clock.on('tick', () => work.splice(0).forEach((job) => job()))
  const seen: unknown[] = []
  inRequest('r1', () => work.push(() => seen.push(request())))
  inRequest('r1', () => work.push(bindContext(() => seen.push(request()))))
  clock.emit('tick')
  await setImmediate()
  expect(seen).toEqual([undefined, 'r1'])
})

test('a queue of jobs with one consumer', async () => {
  const queue = jobQueue()
  const seen: unknown[] = []
  const job = (): unknown => seen.push(request())
  inRequest('r1', () => queue.push(job))
  inRequest('r2', () => queue.push(bindContext(job)))
  inRequest('r3', () => queue.push(bindContext(job)))
  await vi.waitFor(() => expect(seen).toEqual([undefined, 'r2', 'r3']))
  queue.close()
})

/** Few connections, and callbacks that wait for one: as generic-pool and tarn have them. */
class Pool {
  readonly #idle: string[]
  readonly #waiting: ((connection: string) => void)[] = []
  constructor(...connections: string[]) {
    this.#idle = connections
  }
  acquire(callback: (connection: string) => void): void {
    const connection = this.#idle.pop()
    if (connection === undefined) this.#waiting.push(callback)
    else callback(connection)
  }
  release(connection: string): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(connection)
    else next(connection)
  }
}

describe('a pool of connections', () => {
  test('calls who waited in the request of who released', () => {
    const pool = new Pool('c1')
    const seen: unknown[] = []
    inRequest('r1', () =>
      pool.acquire((connection) => {
        inRequest('r2', () => pool.acquire(() => seen.push(request())))
        inRequest('r3', () => pool.acquire(bindContext(() => seen.push(request()))))
        pool.release(connection)
        pool.release(connection)
      }),
    )
    expect(seen).toEqual(['r1', 'r3'])
  })

  test('needs nothing where its callbacks become promises, which know their request', async () => {
    const pool = new Pool('c1')
    const acquired = (): Promise<string> => new Promise((resolve) => pool.acquire(resolve))
    const seen = await inRequest('r1', async () => {
      const connection = await acquired()
      const waiting = inRequest('r2', async () => {
        await acquired()
        return request()
      })
      pool.release(connection)
      return waiting
    })
    expect(seen).toBe('r2')
  })
})

test('a batch, as of DataLoader, runs in the request of its first key; each caller keeps his own', async () => {
  const batches: unknown[] = []
  let batch: { key: string; resolve: (row: string) => void; note: () => void }[] = []
  const load = (key: string, note: () => void): Promise<string> =>
    new Promise((resolve) => {
      if (batch.length === 0) queueMicrotask(flush)
      batch.push({ key, resolve, note })
    })
  const flush = (): void => {
    batches.push(request())
    const rows = batch
    batch = []
    for (const { key, resolve, note } of rows) {
      note()
      resolve(`row ${key}`)
    }
  }
  const notes: unknown[] = []
  const note = (): unknown => notes.push(request())
  const callers = [
    inRequest('r1', async () => [await load('a', note), request()]),
    inRequest('r2', async () => [await load('b', note), request()]),
    inRequest('r3', async () => [await load('c', bindContext(note)), request()]),
  ]
  expect(await Promise.all(callers)).toEqual([
    ['row a', 'r1'],
    ['row b', 'r2'],
    ['row c', 'r3'],
  ])
  expect(batches).toEqual(['r1'])
  expect(notes).toEqual(['r1', 'r1', 'r3'])
})

test('a batch whose function is bound at the start belongs to no request', async () => {
  const batches: unknown[] = []
  const flush = bindContext(() => batches.push(request()))
  inRequest('r1', () => queueMicrotask(flush))
  await setImmediate()
  expect(batches).toEqual([undefined])
})

test('a flusher by setInterval stays for ever in the request that started it, unless it was bound at the start', async () => {
  const seen = new Map<string, unknown>()
  const boundAtStart = bindContext(() => seen.set('bound', request()))
  const timers = inRequest('first', () => [
    setInterval(() => seen.set('plain', request()), 1),
    setInterval(boundAtStart, 1),
  ])
  await vi.waitFor(() => expect(Object.fromEntries(seen)).toEqual({ plain: 'first', bound: undefined }))
  timers.forEach(clearInterval)
})

test('a generator that somebody else consumes', () => {
  const rows = function* (): Generator<string | undefined> {
    yield request()
  }
  const [plain, bound] = inRequest('r1', () => [rows(), bindContext(rows())])
  expect(inRequest('r2', () => [...plain, ...bound])).toEqual(['r2', 'r1'])
})

describe('AsyncResource', () => {
  test('keeps the context where a library uses it, and needs no bindContext', () => {
    const resource = inRequest('r1', () => new AsyncResource('Query'))
    expect(inRequest('r2', () => resource.runInAsyncScope(request))).toBe('r1')
  })

  test('and bindContext go together: what was bound inside wins', () => {
    const bound = inRequest('r1', () => bindContext(request))
    const resource = inRequest('r2', () => new AsyncResource('Query'))
    expect(resource.runInAsyncScope(bound)).toBe('r1')
  })
})
