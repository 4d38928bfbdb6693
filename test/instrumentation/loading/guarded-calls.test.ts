import { expect, test } from 'vitest'
import { guardReplacement, guardWrapper, type Wrapper } from '../../../src/instrumentation/loading/guarded-calls.js'
import { appFolder } from '../../helpers/app-folder.js'
import { runTracedApp } from '../../helpers/traced-app.js'

type Fn = (...args: unknown[]) => unknown

/** What stands in the original's place, and what was logged. */
function guarded(original: unknown, wrapper: (original: Fn) => unknown): { fn: Fn; failures: unknown[] } {
  const failures: unknown[] = []
  const guard = guardWrapper(wrapper as Wrapper, (error) => failures.push(error))
  return { fn: guard(original) as Fn, failures }
}

const broken = new TypeError('of the patch')

test('a patch that fails before the original is called: the original is, now and from then on', () => {
  let calls = 0
  const { fn, failures } = guarded(
    (value: unknown) => value,
    () => () => {
      calls += 1
      throw broken
    },
  )
  expect([fn('a'), fn('b')]).toEqual(['a', 'b'])
  expect({ calls, failures }).toEqual({ calls: 1, failures: [broken] })
})

test('a patch that fails after the original has run: it is not run twice, and the app gets its result', () => {
  let writes = 0
  const { fn, failures } = guarded(
    () => ++writes,
    (original) => () => {
      original()
      throw broken
    },
  )
  expect(fn()).toBe(1)
  expect({ writes, failures }).toEqual({ writes: 1, failures: [broken] })
})

test('what the original throws is the error that the app gets, and no failure', () => {
  const own = new Error('of the library')
  const { fn, failures } = guarded(
    () => {
      throw own
    },
    (original) => () => original(),
  )
  expect(() => fn()).toThrow(own)
  expect(() => fn()).toThrow(own)
  expect(failures).toEqual([])
})

test('a call within a call is distinguished from it', () => {
  const { fn, failures } = guarded(
    (depth: unknown): unknown => (depth === 0 ? 'inner' : fn(0)),
    (original) =>
      (...args: unknown[]) => {
        const result = original(...args)
        if (args[0] === 0) throw broken
        return result
      },
  )
  expect(fn(1)).toBe('inner')
  expect(failures).toEqual([broken])
})

test('constructors, statics, name and length are as the patch has them', () => {
  function Pool(this: { size: number }, size: number): void {
    this.size = size
  }
  const { fn } = guarded(Pool, (original) => original)
  expect(fn).toBe(Pool)
  const { fn: Traced } = guarded(Pool, (original) =>
    Object.assign(
      function Pool(this: unknown, size: unknown) {
        return Reflect.apply(original, this, [size])
      },
      { version: 1, prototype: Pool.prototype as object },
    ),
  )
  const Constructor = Traced as unknown as new (size: number) => { size: number }
  expect(new Constructor(3)).toMatchObject({ size: 3 })
  expect(new Constructor(3)).toBeInstanceOf(Pool)
  expect([Traced.name, Traced.length, Reflect.get(Traced, 'version')]).toEqual(['Pool', 1, 1])
  class Sub extends Constructor {}
  expect(new Sub(4)).toBeInstanceOf(Sub)
})

test('classes stay as the wrapper makes them', () => {
  class Client {
    readonly queries = []
  }
  expect(guarded(Client, (original) => original).fn).toBe(Client)
})

test('an export that is replaced: where the patch itself fails, the package’s own function is called', () => {
  const failures: unknown[] = []
  const failure = Object.assign(new TypeError('x'), {
    stack: 'TypeError: x\n    at f (/app/node_modules/patch-of/a.cjs:1:1)',
  })
  const fails = (error: unknown): Fn =>
    guardReplacement(
      () => 'plain',
      () => {
        throw error
      },
      'node_modules/patch-of',
      (found) => failures.push(found),
    ) as Fn
  expect(fails(failure)()).toBe('plain')
  const own = new Error('of the library')
  expect(fails(own)).toThrow(own)
  expect(failures).toEqual([failure])
})

test('a package that its patch was not made for runs on, in the build, and one line says so', async () => {
  const files = {
    'node_modules/connect/package.json': '{"name":"connect","version":"3.9.0","main":"index.js"}',
    'node_modules/connect/index.js': 'module.exports = () => undefined',
    'app.cjs': "console.log(require('connect')(), require('connect')())",
  }
  await using folder = await appFolder({ files })
  const { exitCode, stdout, said } = await runTracedApp(`${folder.path}/app.cjs`, { cwd: folder.path })
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'undefined undefined\n' })
  expect(said).toEqual([
    expect.stringMatching(
      /^spanwright: connect is not traced, or not in full: .* failed in a call .*=connect leaves it alone$/,
    ),
  ])
})
