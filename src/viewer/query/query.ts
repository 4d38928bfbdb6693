import type { QueriedTrace } from './queried-trace.js'
import type { ReceivedSpan } from '../model/received-span.js'

export type Operator = ':' | '=' | '!=' | '>' | '>=' | '<' | '<=' | '~'

/** Where something stands in the text of a query: offsets in UTF-16 units, the end not included. */
export interface Place {
  readonly start: number
  readonly end: number
}

export interface Value extends Place {
  /** As the user wrote it, without quotes. */
  readonly text: string
  readonly isQuoted: boolean
  /** For `~/regex/`: the source between the slashes. */
  readonly regex?: string
}

export interface Comparison {
  readonly type: 'comparison'
  readonly key: string
  /** A quoted key is an attribute, also where a built-in key has the same name: `"name"=x`. */
  readonly isAttribute: boolean
  readonly keyPlace: Place
  readonly operator: Operator
  readonly value: Value
}

/** Text somewhere in a span: its name, its service, a value, the message of its status. */
export interface Word {
  readonly type: 'word'
  readonly value: Value
}

/** `{ancestor} >> {span}` or `{parent} > {span}`: holds for the span on the right. */
export interface Structure {
  readonly type: 'structure'
  readonly above: Alternatives
  readonly relation: '>' | '>>'
  readonly below: Alternatives
}

export interface Alternatives {
  readonly type: 'or'
  readonly of: readonly Conjunction[]
}

export interface Conjunction {
  readonly type: 'and'
  readonly terms: readonly Term[]
}

export interface Term {
  readonly isNegated: boolean
  readonly condition: Comparison | Word | Structure | Alternatives
}

/** A query that was understood. Made by `parseQuery`; `matches` and `hitsOf` apply it. */
export interface Query {
  readonly text: string
  /** `undefined` for an empty text, which matches everything. */
  readonly expression: Alternatives | undefined
  readonly matches: (trace: QueriedTrace) => boolean
  readonly holdsFor: (span: ReceivedSpan, trace: QueriedTrace) => boolean
}

export interface QueryError extends Place {
  /** One sentence for the user, without the query in it. */
  readonly message: string
}

export function isQueryError(parsed: Query | QueryError): parsed is QueryError {
  return 'message' in parsed
}
