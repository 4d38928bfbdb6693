/** Three digits that count, thousands apart; what is almost nothing is 0. */
export function formatNumber(value) {
  if (Math.abs(value) < 0.005) return '0'
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  const text = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toFixed(Math.min(digits, 2)))
  return text.toLocaleString('en', { maximumFractionDigits: 2 }).replace('-', '−')
}

export const withUnit = (value, unit) => `${formatNumber(value)}${unit && ` ${unit}`}`

/** `12.3 (11.9–13.0)`; the spread is left out where it is none. */
export function formatSummary({ median, min, max }) {
  const [middle, least, most] = [median, min, max].map(formatNumber)
  return least === most ? middle : `${middle} (${least} to ${most})`
}
