/** The schema writes a choice as an object with one key. */
export function onlyKey(choice: object, what: string): string {
  const [key, ...more] = Object.entries(choice).flatMap(([name, value]) => (value === undefined ? [] : name))
  return key !== undefined && more.length === 0 ? key : fail(`a ${what} must have exactly one key`)
}

/** In the schema 0 means "no limit", which OpenTelemetry JS cannot do. */
export function timeout(millis: number, name: string): number {
  return millis > 0 ? millis : fail(`${name} must be greater than 0, got ${millis}`)
}

export function fail(message: string): never {
  throw new Error(message)
}
