import type { BubbleUpLine } from '../analysis/many/bubble-up.js'
import type { FlameNode } from '../analysis/many/flame.js'
import type { ServiceMap } from '../analysis/many/service-map.js'
import type { FindingGroup, FindingLevel } from '../model/finding.js'
import type { ReceivedLog, ReceivedResource, ReceivedScope, ReceivedSpan } from '../model/received-span.js'
import type { StoreCounts } from '../model/trace-store.js'
import type { RowView } from '../rows/row-view.js'
import type { TraceHead } from '../rows/trace-head.js'

// What the page and its server say to each other, as JSON. Types only.

/** A trace as one row of the list. */
export interface TraceRow {
  readonly traceId: string
  readonly startMicros: number
  /** How long its main root took; absent while that is open or has not arrived. */
  readonly answeredMicros?: number
  /** How long other spans went on after the main root ended. */
  readonly goesOnMicros: number
  readonly spanCount: number
  readonly services: readonly string[]
  readonly hasError: boolean
  /** The main root, or else the earliest span that is known. */
  readonly service: string
  readonly name: string
  readonly hasRoot: boolean
  /** Absent until the trace has settled. */
  readonly findings?: readonly RowFinding[]
  readonly arrivedMillis: number
}

export interface RowFinding {
  readonly id: string
  readonly level: FindingLevel
  readonly sentence: string
  readonly count: number
}

/** What the whole page shows: counts, services, findings over all traces. */
export interface RunState {
  readonly startedMillis: number
  readonly version: string
  readonly counts: StoreCounts
  readonly services: readonly string[]
  readonly findings: readonly FindingGroup[]
  /** Traces whose findings are not made yet. */
  readonly pendingFindings: number
  /** What was refused at the receiver's door, for who wonders why nothing arrives. */
  readonly refused: readonly string[]
}

export interface TraceList {
  readonly rows: readonly TraceRow[]
  /** Whether there are older traces that match. */
  readonly hasMore: boolean
  readonly sequence: string
  /** Where the query could not be read: what is wrong, and where. */
  readonly error?: QueryProblem
}

export interface QueryProblem {
  readonly message: string
  /** Offsets in UTF-16 units, the end not included. */
  readonly start: number
  readonly end: number
}

/** A message of the event stream: traces that arrived or changed. */
export interface TraceChanges {
  readonly rows: readonly TraceRow[]
  readonly state: RunState
  /** The trace that the page has open, whether the query has it or not. */
  readonly watched?: TraceRow
  /** Changed traces that this message leaves out, since there are too many. */
  readonly omitted: number
}

type NeverEmpty = 'spanId' | 'name' | 'kind' | 'startMicros' | 'status'

/** A span whose resource and scope are places in the lists beside it. What is empty is left out. */
export interface WireSpan
  extends Pick<ReceivedSpan, NeverEmpty>, Partial<Omit<ReceivedSpan, NeverEmpty | 'traceId' | 'resource' | 'scope'>> {
  readonly resource: number
  readonly scope: number
  /** Texts that were cut, with their full length. */
  readonly cut?: Readonly<Record<string, number>>
}

export interface TraceDetail {
  readonly traceId: string
  /** What `run:` asks for. */
  readonly run: string
  readonly isPinned: boolean
  readonly resources: readonly ReceivedResource[]
  readonly scopes: readonly ReceivedScope[]
  readonly spans: readonly WireSpan[]
  /**
   * Instead of the spans, where there are too many: they have no attributes, events and links here. Each has them in an answer
   * of its own.
   */
  readonly columns?: SpanColumns
  readonly logs: readonly ReceivedLog[]
}

/** Spans by column: entry n of each is of span n. */
export interface SpanColumns {
  /** What starts count from, in microseconds since 1970. */
  readonly base: number
  /** What names, kinds and statuses are numbers of. */
  readonly texts: readonly string[]
  readonly ids: readonly string[]
  /** The place of the parent; its id where it is not among them; null for a root. */
  readonly parents: readonly (number | string | null)[]
  readonly names: readonly number[]
  readonly kinds: readonly number[]
  readonly statuses: readonly number[]
  readonly starts: readonly number[]
  /** null without an end. */
  readonly durations: readonly (number | null)[]
  readonly resources: readonly number[]
  readonly scopes: readonly number[]
  /** By place; most have none. */
  readonly statusMessages: Readonly<Record<number, string>>
  readonly traceStates: Readonly<Record<number, string>>
}

/** What a large trace is opened with, while its spans are on their way. */
export interface TraceOpening {
  readonly head: TraceHead
  readonly rowCount: number
  /** The first rows, nothing being folded by the user. */
  readonly rows: readonly RowView[]
}

/** A link of a span, in this trace or another one, to a span of the open trace. */
export interface LinkHere {
  /** The span that it leads to. */
  readonly to: string
  readonly traceId: string
  readonly spanId: string
  readonly service: string
  readonly name: string
}

/** How many traces a view over many stands for, and whether there were more than it looked at. */
export interface Selection {
  readonly traces: number
  readonly hasMore: boolean
}

export interface WireMap extends Selection, ServiceMap {}

/** One box of a flame, from 0 to the width of all. Boxes come parents before children. */
export interface WireFlameNode extends Omit<FlameNode, 'children'> {
  readonly offsetMicros: number
}

export interface WireFlame extends Selection {
  readonly widthMicros: number
  readonly nodes: readonly WireFlameNode[]
  /** Boxes that are too narrow to be seen. */
  readonly omitted: number
}

export interface WireSlow {
  readonly comparedWith: number
  readonly isUnusual: boolean
  readonly sentence: string
  readonly parts: readonly {
    readonly service: string
    readonly name: string
    readonly hereMicros: number
    readonly usuallyMicros: number
    readonly hereCount: number
    readonly usualCount: number
    readonly spanIds: readonly string[]
  }[]
}

export interface WireComparison {
  readonly a: TraceRow
  readonly b: TraceRow
  readonly paths: readonly {
    readonly service: string
    readonly name: string
    readonly depth: number
    readonly a?: WireMeasure
    readonly b?: WireMeasure
    readonly differenceMicros: number
  }[]
}

export interface WireMeasure {
  readonly count: number
  readonly pathMicros: number
  readonly totalMicros: number
  /** One of its spans, to look at. */
  readonly spanId: string
}

export interface WireDifference {
  readonly selected: number
  readonly others: number
  readonly lines: readonly BubbleUpLine[]
}
