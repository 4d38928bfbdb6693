// Figures as the page writes them. Times come in microseconds.

/** `88.4 ms`, `1.25 s`, `340 µs`: three significant digits, as few as needed. */
export function duration(micros: number): string {
  const size = Math.abs(micros)
  if (size < 1000) return `${trim(micros)} µs`
  if (size < 1_000_000) return `${trim(micros / 1000)} ms`
  if (size < 600_000_000) return `${trim(micros / 1_000_000)} s`
  if (size < 36_000_000_000) return `${Math.round(micros / 60_000_000)} min`
  return `${trim(micros / 3_600_000_000)} h`
}

/** When something was, after something else: `+3 ms`, or before it: `−3 ms`. */
export function offset(micros: number): string {
  return micros < 0 ? `−${duration(-micros)}` : `+${duration(micros)}`
}

function trim(value: number): string {
  const size = Math.abs(value)
  if (size >= 1000) return grouped(Math.round(value))
  const digits = size >= 100 ? 1 : size >= 10 ? 1 : 2
  return String(Number(value.toFixed(digits)))
}

/** `1 240`, with a thin space that does not break. */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f')
}

/** `61 spans`, `1 span`. */
export function counted(count: number, noun: string, nouns = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : nouns}`
}

/** `12:03:11` of the local day. */
export function clockTime(micros: number): string {
  const date = new Date(micros / 1000)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}

/** `12:03:11.042` */
export function preciseTime(micros: number): string {
  return `${clockTime(micros)}.${String(Math.floor(micros / 1000) % 1000).padStart(3, '0')}`
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
