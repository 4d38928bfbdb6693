const MICROS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 0.001,
  us: 1,
  µs: 1,
  μs: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  min: 60_000_000,
  h: 3_600_000_000,
}

const DURATION = /^(\d+(?:\.\d+)?)(ns|us|\u00b5s|\u03bcs|ms|s|min|m|h)$/

/** `200ms`, `1.5s`, `3us`, `2m`, `1h`; `undefined` for anything else. */
export function parseDurationMicros(text: string): number | undefined {
  const [, amount = '', unit = ''] = DURATION.exec(text) ?? []
  const perUnit = MICROS_PER_UNIT[unit]
  return perUnit === undefined ? undefined : Number(amount) * perUnit
}
