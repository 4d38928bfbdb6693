type Method = (this: unknown, ...args: unknown[]) => unknown

const lengthOf = (value: unknown): number => (typeof value === 'string' ? value.length : 0)
const whole: Looked = (self) => lengthOf(self)
const lengthOfResult: Looked = (_self, _args, result) => lengthOf(result)
const argument: Looked = (_self, [text]) => lengthOf(text)
/** From where a search began to what it has found, or to the end. */
const upToFound: Looked = (self, [, from], result) =>
  (result === -1 || result === false ? lengthOf(self) : Number(result)) - (typeof from === 'number' ? from : 0)

/** How many characters a call has looked at. */
type Looked = (self: unknown, args: readonly unknown[], result: unknown) => number

/** Whatever a parser reads texts with. A regular expression counts as one look at all it is given: others test that none takes more. */
const METHODS: readonly (readonly [object, Readonly<Record<string, Looked>>])[] = [
  [
    String.prototype,
    {
      ...{ charCodeAt: () => 1, codePointAt: () => 1, at: () => 1, charAt: () => 1 },
      ...{ indexOf: upToFound, lastIndexOf: whole, includes: whole, startsWith: argument, endsWith: argument },
      ...{ slice: lengthOfResult, substring: lengthOfResult, trim: whole, split: whole, padStart: lengthOfResult },
      ...{ toLowerCase: whole, toUpperCase: whole, normalize: whole, replaceAll: whole, repeat: lengthOfResult },
    },
  ],
  [RegExp.prototype, { exec: argument }],
  [Buffer, { from: argument }],
  [Buffer.prototype, { toString: lengthOfResult, latin1Slice: lengthOfResult, utf8Slice: lengthOfResult }],
  [globalThis, { decodeURIComponent: argument, encodeURIComponent: argument }],
  [Object, { keys: (_self, _args, result) => (result as readonly unknown[]).length }],
]

/** The characters that fn looks at, and the keys that it lists: the same on every machine, unlike its time. */
export function charactersRead(fn: () => void): number {
  let count = 0
  const restore: (() => void)[] = []
  for (const [owner, methods] of METHODS) {
    for (const [name, looked] of Object.entries(methods)) {
      const descriptor = Object.getOwnPropertyDescriptor(owner, name)
      if (!descriptor) continue
      const original = descriptor.value as Method
      const counting: Method = function (...args) {
        const result = original.apply(this, args)
        count += looked(this, args, result)
        return result
      }
      Object.defineProperty(owner, name, { ...descriptor, value: counting })
      restore.push(() => Object.defineProperty(owner, name, descriptor))
    }
  }
  try {
    fn()
  } finally {
    for (const put of restore) put()
  }
  return count
}
