/** Headers that an app hands to `writeHead`, in any shape that it takes: a copy, which can be added to. */
export interface GivenHeaders {
  /** All that there is of this name, which is in lower case. */
  valuesOf(name: string): unknown[]
  /** One in the place of all. */
  set(name: string, value: string): void
  /** To be handed on. */
  readonly headers: object
}

/** Undefined for what holds no headers. */
export function givenHeaders(headers: unknown): GivenHeaders | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined
  if (!Array.isArray(headers)) return inRecord({ ...headers })
  return Array.isArray(headers[0])
    ? inPairs(headers.map((pair: unknown[]) => [...pair]))
    : inTurns([...(headers as unknown[])])
}

const isNamed = (name: string, key: unknown): boolean => String(key).toLowerCase() === name

function inRecord(headers: Record<string, unknown>): GivenHeaders {
  const keysOf = (name: string): string[] => Object.keys(headers).filter((key) => isNamed(name, key))
  return {
    headers,
    valuesOf: (name) => keysOf(name).map((key) => headers[key]),
    set(name, value) {
      const [first = name, ...others] = keysOf(name)
      headers[first] = value
      for (const key of others) Reflect.deleteProperty(headers, key)
    },
  }
}

function inPairs(headers: unknown[][]): GivenHeaders {
  const of = (name: string): unknown[][] => headers.filter(([key]) => isNamed(name, key))
  return {
    headers,
    valuesOf: (name) => of(name).map(([, value]) => value),
    set(name, value) {
      const [first, ...others] = of(name)
      if (first) first[1] = value
      else headers.push([name, value])
      for (const other of others) headers.splice(headers.indexOf(other), 1)
    },
  }
}

/** Names and values in turn. */
function inTurns(headers: unknown[]): GivenHeaders {
  const indexesOf = (name: string): number[] =>
    [...headers.keys()].filter((index) => index % 2 === 0 && isNamed(name, headers[index]))
  return {
    headers,
    valuesOf: (name) => indexesOf(name).map((index) => headers[index + 1]),
    set(name, value) {
      const [first, ...others] = indexesOf(name)
      if (first === undefined) headers.push(name, value)
      else headers[first + 1] = value
      for (const index of others.toReversed()) headers.splice(index, 2)
    },
  }
}
