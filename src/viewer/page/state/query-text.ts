import { quoted } from '../../query/suggest.js'

/** Adds a term to the text of a query, or removes it where it stands there already. */
export function withTerm(query: string, term: string): string {
  const terms = query.split(/\s+(?=(?:[^"]*"[^"]*")*[^"]*$)/).filter((each) => each !== '')
  return (terms.includes(term) ? terms.filter((each) => each !== term) : [...terms, term]).join(' ')
}

/** `service:orders`, `-name:"GET /health"`, `order.id=42`. */
export function termOf(key: string, operator: ':' | '=', value: string, isNegated = false): string {
  return `${isNegated ? '-' : ''}${key}${operator}${quoted(value)}`
}

/** Replaces what the query says of the trace's duration. */
export function withDurations(query: string, range: readonly [number, number] | undefined): string {
  const rest = query.replace(/\s*\btrace\.duration(>=|<=|>|<)\S+/g, '').trim()
  if (!range) return rest
  return `${rest} trace.duration>=${micros(range[0])} trace.duration<=${micros(range[1])}`.trim()
}

function micros(value: number): string {
  if (value >= 1_000_000) return `${Number((value / 1_000_000).toPrecision(3))}s`
  return value >= 1000 ? `${Number((value / 1000).toPrecision(3))}ms` : `${Math.round(value)}us`
}
