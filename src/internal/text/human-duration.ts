/** "850 µs", "2.8 ms", "34 ms", "1.24 s", "12.3 s", "2 min 5 s", "3 h 20 min". */
export function humanDuration(micros: number): string {
  if (!(micros >= 0)) return '?'
  if (micros < 999.5) return `${Math.round(micros)} µs`
  if (micros < 9_950) return `${(micros / 1_000).toFixed(1)} ms`
  if (micros < 999_500) return `${Math.round(micros / 1_000)} ms`
  const seconds = micros / 1_000_000
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
