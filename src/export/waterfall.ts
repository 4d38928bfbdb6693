import { SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api'
import { format } from 'node:util'
import { hrTimeToMicroseconds } from '@opentelemetry/core'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

/** What is to be drawn of one trace: all of it, or the part that is known so far. */
export interface TracePiece {
  /** Ended spans of one trace, in any order. At least one. */
  readonly spans: readonly ReadableSpan[]
  /** Spans that have started and not ended. They are drawn as such, so that their children hang in the right place. */
  readonly open?: readonly ReadableSpan[]
  /** Whether an earlier piece of this trace has been printed. */
  readonly continued?: boolean
  /** The name of a span that an earlier piece showed. */
  readonly nameOf?: (spanId: string) => string | undefined
}

export interface WaterfallStyle {
  /** Width to fill, in terminal cells; values outside 40 to 200 are taken as the nearer of the two. */
  readonly columns: number
  readonly colours: boolean
}

/**
 * Draws a trace as lines of text: a header with the trace id, one row a span (indented by parent, with its duration and
 * a bar on the common time axis), errors and key attributes beneath, and the slowest path at the end. Equal siblings
 * (the N+1 pattern) share a row, unless they failed. No line holds a control character or a line break of the host's.
 */
export function waterfall(piece: TracePiece, style: WaterfallStyle): string[] {
  const columns = Math.min(Math.max(Math.floor(style.columns) || 0, NARROWEST), WIDEST)
  const paint = style.colours ? COLOURS : PLAIN
  const roots = growTree(piece)
  const rows = rowsOf(roots, Math.floor(columns / 8))
  const axis = axisOf(piece)
  const path = slowestPath(roots)
  const slowest = new Set(path)
  const ofServices = servicesOf(piece)
  const labelled = rows.map((row) => ({ row, label: labelOf(row, { columns, services: ofServices.size > 1 }) }))
  const labelWidth = labelled.reduce((most, { label }) => Math.max(most, label.width), 0)
  const barWidth = Math.max(columns - labelWidth - DURATION_WIDTH - 3, 4)

  const lines = header(piece, { axis, columns, paint, services: ofServices })
  for (const { row, label } of labelled) {
    const onPath = slowest.has(row.node)
    const text = label.paint(paint) + ' '.repeat(Math.max(labelWidth - label.width, 0))
    const duration = durationOf(row.node).padStart(DURATION_WIDTH)
    const drawn = barPaint(row.node, onPath, paint)(bar(row.node, { axis, width: barWidth, onPath }))
    lines.push(`${text}  ${duration} ${drawn}`.trimEnd(), ...below(row, label, columns, paint))
  }
  if (rows.length >= FEWEST_ROWS_FOR_PATH) lines.push(...pathLine(path, axis, columns, paint))
  return lines
}

const NARROWEST = 40
const WIDEST = 200
const DURATION_WIDTH = 8
const FEWEST_ROWS_FOR_PATH = 4
/** So many equal siblings are a pattern worth one row rather than many. */
const FEWEST_TO_FOLD = 5
/** Subtrees deeper than this stay as they are: comparing them is recursive, and a runaway recursion may be traced. */
const DEEPEST_TO_FOLD = 50

// ---- the tree ----------------------------------------------------------------------------------------------------

/** A row to be: one span, several equal ones, or (no span) a parent that is not among the spans. */
interface Node {
  readonly name: string
  /** The span, or the first of those that share the row. */
  readonly span: ReadableSpan | undefined
  readonly spans: readonly ReadableSpan[]
  readonly open: boolean
  /** When its spans ran, microseconds since the epoch. */
  readonly intervals: readonly Interval[]
  /** Time during which at least one of its spans ran, microseconds. */
  busy: number
  /** Place among the spans given. */
  order: number
  parent: Node | undefined
  children: Node[]
  depth: number
  /** Equal for subtrees that look the same; undefined for one that must not be folded. */
  shape: number | undefined
}

type Interval = readonly [start: number, end: number]

function growTree({ spans, open = [], nameOf }: TracePiece): Node[] {
  const [, lastKnown] = axisOf({ spans, open })
  const nodes = [
    ...spans.map((span) => nodeOf(clean(span.name), [span], [[startOf(span), endOf(span)]])),
    ...open.map((span) => nodeOf(clean(span.name), [span], [[startOf(span), lastKnown]], true)),
  ]
  const byId = new Map(nodes.map((node) => [node.span?.spanContext().spanId, node]))
  const roots: Node[] = []
  for (const node of nodes) {
    const parentContext = node.span?.parentSpanContext
    let parent = parentContext && byId.get(parentContext.spanId)
    if (parentContext && !parent) {
      const id = clean(parentContext.spanId)
      const earlier = nameOf?.(parentContext.spanId)
      const kind = parentContext.isRemote ? 'remote parent' : 'parent'
      parent = nodeOf(earlier === undefined ? `${kind} ${id}` : `${clean(earlier)} (${id}, above)`)
      byId.set(parentContext.spanId, parent)
      roots.push(parent)
    }
    if (parent) adopt(parent, node)
    else roots.push(node)
  }
  for (const [index, node] of nodes.entries()) node.order = index
  settle(parentsFirst(roots, nodes))
  return roots.sort(byTime)
}

function nodeOf(
  name: string,
  spans: readonly ReadableSpan[] = [],
  intervals: readonly Interval[] = [],
  open = false,
): Node {
  return {
    name: name || '(no name)',
    span: spans[0],
    spans,
    open,
    intervals,
    busy: covered(intervals),
    order: 0,
    parent: undefined,
    children: [],
    depth: 0,
    shape: undefined,
  }
}

function adopt(parent: Node, child: Node): void {
  child.parent = parent
  parent.children.push(child)
}

/** Every node, parents before children. Spans that are each other's ancestors are cut loose, so that none is lost. */
function parentsFirst(roots: Node[], all: readonly Node[]): Node[] {
  const order = new Set<Node>(roots)
  for (const node of order) for (const child of node.children) order.add(child)
  for (const stray of all) {
    if (order.has(stray)) continue
    if (stray.parent) stray.parent.children = stray.parent.children.filter((child) => child !== stray)
    stray.parent = undefined
    roots.push(stray)
    order.add(stray)
    for (const node of order) for (const child of node.children) order.add(child)
  }
  return [...order]
}

/** From the leaves up: sorts and folds the children, then sees what the node itself looks like. */
function settle(order: readonly Node[]): void {
  const shapes = new Map<string, number>()
  for (const node of order.toReversed()) {
    node.children = fold(node.children).sort(byTime)
    node.depth = node.children.reduce((deepest, child) => Math.max(deepest, child.depth + 1), 0)
    if (node.span) node.shape = shapeOf(node, node.span, shapes)
    else node.busy = covered(node.children.flatMap(({ intervals }) => intervals))
  }
}

function shapeOf(node: Node, span: ReadableSpan, shapes: Map<string, number>): number | undefined {
  if (problemsOf(span).length > 0 || node.depth > DEEPEST_TO_FOLD) return undefined
  const below: number[] = []
  for (const { shape } of node.children) {
    if (shape === undefined) return undefined
    below.push(shape)
  }
  const key = JSON.stringify([
    node.name,
    node.open,
    node.spans.length,
    serviceOf(span),
    facts(span, blur),
    below.sort((a, b) => a - b),
  ])
  const known = shapes.get(key) ?? shapes.size
  shapes.set(key, known)
  return known
}

function fold(siblings: readonly Node[]): Node[] {
  const byShape = new Map<number, Node[]>()
  const kept: Node[] = []
  for (const node of siblings) {
    const alike = node.shape === undefined ? undefined : byShape.get(node.shape)
    if (alike) alike.push(node)
    else if (node.shape !== undefined) byShape.set(node.shape, [node])
    else kept.push(node)
  }
  for (const alike of byShape.values()) {
    const [first] = alike
    if (first && alike.length >= FEWEST_TO_FOLD) kept.push(merge(first, alike))
    else kept.push(...alike)
  }
  return kept
}

/** One node for many whose subtrees look the same; their children are merged in turn, each with its counterparts. */
function merge(first: Node, alike: readonly Node[]): Node {
  const spans = alike.flatMap((node) => node.spans)
  const intervals = alike.flatMap((node) => node.intervals)
  const merged = nodeOf(first.name, spans, intervals, first.open)
  merged.order = first.order
  merged.parent = first.parent
  merged.shape = first.shape
  merged.depth = first.depth
  const counterparts: Node[][] = []
  for (const { children } of alike) {
    const ordered = children.toSorted((a, b) => (a.shape ?? 0) - (b.shape ?? 0))
    for (const [index, child] of ordered.entries()) (counterparts[index] ??= []).push(child)
  }
  for (const equals of counterparts) if (equals[0]) adopt(merged, merge(equals[0], equals))
  merged.children.sort(byTime)
  return merged
}

/** Starts are known to the millisecond only; within it, what came in first (which is: ended first) goes first. */
function byTime(a: Node, b: Node): number {
  return firstStart(a) - firstStart(b) || a.order - b.order
}

function firstStart(node: Node): number {
  const from = node.span ? node.intervals : node.children.flatMap(({ intervals }) => intervals)
  return from.reduce((first, [start]) => Math.min(first, start), Infinity)
}

function lastEnd(node: Node): number {
  return node.intervals.reduce((last, [, end]) => Math.max(last, end), -Infinity)
}

// ---- time --------------------------------------------------------------------------------------------------------

function startOf(span: ReadableSpan): number {
  return hrTimeToMicroseconds(span.startTime)
}

function endOf(span: ReadableSpan): number {
  return startOf(span) + Math.max(hrTimeToMicroseconds(span.duration), 0)
}

function axisOf({ spans, open = [] }: TracePiece): Interval {
  const all = [...spans, ...open]
  const first = all.reduce((earliest, span) => Math.min(earliest, startOf(span)), Infinity)
  return [first, all.reduce((latest, span) => Math.max(latest, endOf(span)), first)]
}

/** How much time the intervals cover together. */
function covered(intervals: readonly Interval[]): number {
  let total = 0
  let reached = -Infinity
  for (const [start, end] of intervals.toSorted((a, b) => a[0] - b[0])) {
    total += Math.max(end - Math.max(start, reached), 0)
    reached = Math.max(reached, end)
  }
  return total
}

function totalOf({ intervals }: Node): number {
  return intervals.reduce((total, [start, end]) => total + end - start, 0)
}

/** Whether the spans of a row waited for each other. Their starts are known to the millisecond only. */
function isSequential(node: Node): boolean {
  return totalOf(node) <= lastEnd(node) - firstStart(node) + MILLISECOND
}

const MILLISECOND = 1_000

/** Follows the time down: from each span to its longest child, until the span's own work outweighs any child. */
function slowestPath(roots: readonly Node[]): Node[] {
  const path: Node[] = []
  let level = roots
  let own = 0
  while (level.length > 0) {
    const slowest = level.reduce((a, b) => (b.busy > a.busy ? b : a))
    if (slowest.busy < own || slowest.busy === 0) break
    path.push(slowest)
    level = slowest.children
    const [start, end] = [firstStart(slowest), lastEnd(slowest)]
    const inChildren = level
      .flatMap(({ intervals }) => intervals)
      .map(([from, to]): Interval => [Math.max(from, start), Math.min(to, end)])
    own = slowest.span ? slowest.busy - covered(inChildren) : 0
  }
  return path
}

/** "850 µs", "2.8 ms", "34 ms", "1.24 s", "12.3 s", "2 min 5 s", "3 h 20 min". */
function humanDuration(micros: number): string {
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

function durationOf(node: Node): string {
  if (!node.span) return ''
  return node.open ? 'open' : humanDuration(isSequential(node) ? totalOf(node) : node.busy)
}

// ---- rows and their labels -----------------------------------------------------------------------------------------

interface Row {
  readonly node: Node
  /** Tree lines before the name, and before the lines beneath it. */
  readonly lead: string
  readonly beneath: string
}

function rowsOf(roots: readonly Node[], deepestIndent: number): Row[] {
  const rows: Row[] = []
  const stack = roots.toReversed().map((node) => ({ node, lead: '', indent: '', level: 0 }))
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { node, lead, indent, level } = next
    rows.push({ node, lead, beneath: `${indent}${node.children.length > 0 ? '│ ' : '  '}` })
    for (const [fromEnd, child] of node.children.toReversed().entries()) {
      const branch = fromEnd === 0 ? '└ ' : '├ '
      const inner = indent + (fromEnd === 0 ? '  ' : '│ ')
      // Past the deepest indentation the level is written as a number, so that names keep their room.
      if (level < deepestIndent) stack.push({ node: child, lead: indent + branch, indent: inner, level: level + 1 })
      else stack.push({ node: child, lead: `${indent}${branch.trim()}${level + 1} `, indent, level: level + 1 })
    }
  }
  return rows
}

interface Label {
  readonly width: number
  readonly paint: (paint: Paint) => string
  /** What found no room beside the name. */
  readonly rest: string
}

function labelOf({ node, lead }: Row, { columns, services }: { columns: number; services: boolean }): Label {
  const most = Math.floor(columns / 2)
  const details = detailsOf(node)
  const mark = node.spans.some(hasFailed) ? '✗ ' : ''
  const times = node.spans.length > 1 ? ` ×${node.spans.length}` : ''
  const total = times && !node.open && columns >= 80 ? ` … total ${humanDuration(totalOf(node))}` : ''
  const service = node.span && services ? serviceOf(node.span) : undefined
  const crossed = service !== undefined && !(node.parent?.span && serviceOf(node.parent.span) === service)
  const place = crossed ? ` [${cut(service, Math.floor(most / 3))}]` : ''
  const fixed = widthOf(lead + mark + times + total + place)
  const name = cut(node.name, Math.max(most - fixed, 6))
  const width = fixed + widthOf(name)
  const detailWidth = widthOf(details)
  const inline = detailWidth > 0 && width + 2 + detailWidth <= most
  return {
    width: inline ? width + 2 + detailWidth : width,
    paint: ({ dim, red, yellow, bold, plain }) =>
      dim(lead) +
      red(mark) +
      (mark ? red : node.parent ? plain : bold)(name) +
      yellow(times + total) +
      dim(place + (inline ? `  ${details}` : '')),
    rest: inline ? '' : details,
  }
}

/** The lines under a row: details that found no room beside the name, then what went wrong. */
function below({ node, beneath }: Row, { rest }: Label, columns: number, paint: Paint): string[] {
  const room = Math.max(columns - widthOf(beneath), 10)
  const lines = rest ? wrap(rest, room, MOST_LINES_OF_DETAILS).map((line) => paint.dim(beneath + line)) : []
  const failed = node.spans.some(hasFailed)
  for (const problem of node.spans.flatMap(problemsOf)) {
    const text = wrap(`${failed ? '✗' : '!'} ${problem}`, room, MOST_LINES_A_PROBLEM)
    lines.push(...text.map((line) => paint.dim(beneath) + (failed ? paint.red : paint.yellow)(line)))
  }
  return lines
}

const MOST_LINES_OF_DETAILS = 2
const MOST_LINES_A_PROBLEM = 3

function bar(node: Node, { axis, width, onPath }: { axis: Interval; width: number; onPath: boolean }): string {
  const perCell = (axis[1] - axis[0]) / width || 1
  const cells = new Array<string>(width).fill(' ')
  for (const [start, end] of node.intervals) {
    const from = Math.min(Math.max(Math.floor((start - axis[0]) / perCell), 0), width - 1)
    const to = Math.min(Math.max(Math.round((end - axis[0]) / perCell), from + 1), width)
    cells.fill(onPath ? '█' : '▒', from, to)
    if (node.open) cells.fill('┄', from + 1, width)
  }
  return cells.join('').trimEnd()
}

function barPaint(node: Node, onPath: boolean, { red, yellow, cyan }: Paint): (text: string) => string {
  if (node.spans.some(hasFailed)) return red
  return onPath ? yellow : cyan
}

function header(
  piece: TracePiece,
  { axis, columns, paint, services }: { axis: Interval; columns: number; paint: Paint; services: ReadonlySet<string> },
): string[] {
  const { spans, open = [], continued = false } = piece
  const errors = spans.filter(hasFailed).length
  const id = `trace ${clean(spans[0]?.spanContext().traceId)}`
  const parts: [text: string, colour: (text: string) => string][] = [[continued ? `${id} (continued)` : id, paint.bold]]
  parts.push([humanDuration(axis[1] - axis[0]), paint.bold])
  parts.push([spans.length === 1 ? '1 span' : `${spans.length} spans`, paint.plain])
  if (errors > 0) parts.push([errors === 1 ? '1 error' : `${errors} errors`, paint.red])
  if (open.length > 0) parts.push([`${open.length} still open`, paint.yellow])
  if (services.size === 1) parts.push([cut([...services].join(), 40), paint.plain])
  parts.push([isoTime(axis[0]), paint.dim])

  const lines: string[] = []
  let line = ''
  let used = 0
  for (const [text, colour] of parts) {
    const fits = used + 2 + widthOf(text) <= columns
    if (used > 0 && !fits) lines.push(line)
    line = used > 0 && fits ? `${line}  ${colour(text)}` : colour(text)
    used = used > 0 && fits ? used + 2 + widthOf(text) : widthOf(text)
  }
  return [...lines, line]
}

function isoTime(micros: number): string {
  const date = new Date(micros / 1_000)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString()
}

function pathLine(path: readonly Node[], axis: Interval, columns: number, paint: Paint): string[] {
  const steps = path
    .filter(({ span }) => span !== undefined)
    .map((node) => `${cut(node.name, 30)}${node.spans.length > 1 ? ` ×${node.spans.length}` : ''} ${durationOf(node)}`)
  if (steps.length < 2) return []
  const share = Math.round((100 * (path.at(-1)?.busy ?? 0)) / (axis[1] - axis[0] || 1))
  const title = 'slowest path █ '
  const end = ` (${share} %)`
  const room = columns - widthOf(title + end)
  // The end of the path is where the time goes, so it is the beginning that gives way.
  let shown = ''
  for (const step of steps.toReversed()) {
    const longer = shown ? `${step} → ${shown}` : step
    if (shown && widthOf(longer) > room - widthOf('… → ')) {
      shown = `… → ${shown}`
      break
    }
    shown = longer
  }
  return [paint.yellow(title) + cut(shown, room) + paint.dim(end)]
}

// ---- what a span says about itself -----------------------------------------------------------------------------------

function detailsOf(node: Node): string {
  const { span, spans, parent } = node
  if (!span) return ''
  if (spans.length === 1) return [...facts(span, asIs), ...ownAttributes(span, parent?.span)].join('  ')
  const said = new Set(spans.map((each) => facts(each, asIs).join('  ')))
  const common = said.size === 1 ? [...said] : facts(span, blur)
  return [paceOf(node), ...common].filter((part) => part !== '').join('  ')
}

/** Whether repeated spans waited for each other: what tells an N+1 pattern from a fan-out. */
function paceOf(node: Node): string {
  if (node.open) return 'repeated'
  const slowest = node.intervals.reduce((most, [start, end]) => Math.max(most, end - start), 0)
  const pace = isSequential(node) ? 'one after another' : totalOf(node) > 1.5 * node.busy ? 'in parallel' : 'repeated'
  return `${pace}, slowest ${humanDuration(slowest)}`
}

/**
 * What the semantic conventions say of a span, in the order a reader asks for it and without what its name says already.
 * Older names stand beside the current ones: instrumentations still send both.
 */
function facts(span: ReadableSpan, shown: (text: string) => string): string[] {
  const { attributes } = span
  const name = clean(span.name)
  const known: string[] = []
  const add = (text: string | undefined): void => {
    if (text && !name.includes(text) && !known.some((other) => other.includes(text))) known.push(text)
  }
  const database = read(attributes, 'db.system.name', 'db.system')
  const queue = read(attributes, 'messaging.system')
  const remoteCall = read(attributes, 'rpc.system.name', 'rpc.system')
  if (!database) add(KIND_WORDS[span.kind])
  if (database) {
    add(database)
    const summary = read(attributes, 'db.query.summary')
    add(summary ?? read(attributes, 'db.operation.name', 'db.operation'))
    if (!summary) add(read(attributes, 'db.collection.name', 'db.sql.table', 'db.mongodb.collection'))
    add(optional(read(attributes, 'db.query.text', 'db.statement'), shown))
  } else if (queue) {
    add(queue)
    add(read(attributes, 'messaging.operation.name', 'messaging.operation.type', 'messaging.operation'))
    add(read(attributes, 'messaging.destination.name', 'messaging.destination'))
  } else if (remoteCall) {
    add(remoteCall)
    add(read(attributes, 'rpc.service'))
    add(read(attributes, 'rpc.method'))
    add(optional(read(attributes, 'rpc.response.status_code', 'rpc.grpc.status_code'), (code) => `→ ${code}`))
  } else {
    add(read(attributes, 'http.request.method', 'http.method'))
    const address = read(attributes, 'url.full', 'http.url', 'url.path', 'http.target')
    add(read(attributes, 'http.route') ?? optional(address, (url) => shown(withoutQuery(url))))
    add(optional(read(attributes, 'http.response.status_code', 'http.status_code'), (code) => `→ ${code}`))
  }
  return known
}

/** An internal span needs no word, nor does a client that is a database's. */
const KIND_WORDS: Readonly<Record<number, string>> = {
  [SpanKind.SERVER]: 'server',
  [SpanKind.CLIENT]: 'client',
  [SpanKind.PRODUCER]: 'producer',
  [SpanKind.CONSUMER]: 'consumer',
}

/** Attributes of the app's own making: not of a semantic convention, not the same on the parent (copied baggage). */
function ownAttributes({ attributes }: ReadableSpan, parent: ReadableSpan | undefined): string[] {
  const own: string[] = []
  for (const key of Object.keys(attributes)) {
    const value = CONVENTIONAL.test(key) ? undefined : read(attributes, key)
    if (value === undefined || (parent && read(parent.attributes, key) === value)) continue
    own.push(`${cut(clean(key), 40)}=${cut(value, 40)}`)
  }
  const shown = own.slice(0, MOST_OWN_ATTRIBUTES)
  return own.length > shown.length ? [...shown, `+${own.length - shown.length} more`] : shown
}

const MOST_OWN_ATTRIBUTES = 4
const CONVENTIONAL =
  /^(?:component$|(?:http|url|net|network|server|client|peer|db|messaging|rpc|code|thread|process|user_agent|exception|error|otel|telemetry|service|sampling|express|fastify|koa|hapi|connect|nestjs|plugin|hook)\.)/

function hasFailed(span: ReadableSpan): boolean {
  return span.status.code === SpanStatusCode.ERROR
}

/** What went wrong, in words, each thing once: exceptions that were recorded, the status's message, or what else there is. */
function problemsOf(span: ReadableSpan): string[] {
  const exceptions = span.events
    .filter(({ name }) => name === 'exception')
    .map(({ attributes }) => exceptionText(attributes))
  const problems = [...new Set(exceptions)]
  if (hasFailed(span)) {
    const message = span.status.message ? clean(span.status.message) : ''
    if (message && !problems.some((text) => text.includes(message))) problems.push(message)
    if (problems.length === 0) problems.push(failureCode(span.attributes))
  }
  const shown = problems.slice(0, MOST_PROBLEMS)
  return problems.length > shown.length ? [...shown, `+${problems.length - shown.length} more`] : shown
}

const MOST_PROBLEMS = 3

function exceptionText(attributes: Attributes = {}): string {
  const parts = [read(attributes, 'exception.type'), read(attributes, 'exception.message')]
  return parts.filter((part) => part !== undefined).join(': ') || 'exception'
}

function failureCode(attributes: Attributes): string {
  const status = read(attributes, 'http.response.status_code', 'http.status_code')
  const type = read(attributes, 'error.type')
  if (status && (!type || type === status)) return `HTTP ${status}`
  return type ?? 'failed, no message given'
}

function servicesOf({ spans, open = [] }: TracePiece): ReadonlySet<string> {
  return new Set([...spans, ...open].map(serviceOf).filter((service) => service !== undefined))
}

/** The SDK's own default goes on with the path of the executable. */
const UNNAMED = /^(unknown_service):.*/

/** Raw attributes: reading the settled ones while a detector is still at work makes the SDK report an error. */
function serviceOf({ resource }: ReadableSpan): string | undefined {
  const [, name] = resource.getRawAttributes().find(([key]) => key === 'service.name') ?? []
  return typeof name === 'string' ? clean(name).replace(UNNAMED, '$1') : undefined
}

// ---- text that is safe in a terminal ---------------------------------------------------------------------------------

/** The first of the attributes that is there, as one line of harmless text. */
function read(attributes: Attributes, ...keys: string[]): string | undefined {
  for (const key of keys) {
    try {
      const value = attributes[key]
      if (value !== undefined && value !== null && value !== '') return clean(value)
    } catch {
      return '(unreadable)'
    }
  }
  return undefined
}

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return `(${value.length} bytes)`
  if (typeof value === 'string') return value
  return typeof value === 'object' ? JSON.stringify(value) : format(value)
}

function optional(text: string | undefined, map: (text: string) => string): string | undefined {
  return text === undefined ? undefined : map(text)
}

function asIs(text: string): string {
  return text
}

/** Queries and addresses with their values taken out, so that those of one pattern are equal. */
function blur(text: string): string {
  return text.replace(/'[^']*'|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|(?<![$\w])\d[\w.]*/gi, '?')
}

/** Query strings are long and like to hold secrets. */
function withoutQuery(url: string): string {
  const mark = url.indexOf('?')
  return mark === -1 ? url : `${url.slice(0, mark)}?…`
}

const MOST_READ = 2_000
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const ZERO_WIDTH_JOINER = '\u200d'

/**
 * One line without anything a terminal acts upon: white space becomes a space; escape, backspace and their like become
 * their visible pictures; what reorders or hides text (bidirectional overrides, zero-width characters) a �.
 */
function clean(given: unknown): string {
  const text = textOf(given)
  const short = text.length > MOST_READ ? `${text.slice(0, MOST_READ)}…` : text
  return short.replace(/\s+/g, ' ').replace(INVISIBLE, visible).trim()
}

function visible(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  if (code === 0x7f) return '␡'
  return character === ZERO_WIDTH_JOINER ? character : '�'
}

/** ASCII and what is drawn here: one cell each, without the cost of asking Unicode. */
const NARROW = /^[\x20-\x7e\u2500-\u259f✗×…→µ]*$/
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u
const ONLY_MARKS = /^\p{M}+$/u
let segmenter: Intl.Segmenter | undefined

/** Characters as a reader sees them, each with the terminal cells it takes. */
function* cellsOf(text: string): Generator<[character: string, cells: number]> {
  if (NARROW.test(text)) {
    for (const character of text) yield [character, 1]
    return
  }
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  for (const { segment } of segmenter.segment(text)) {
    yield [segment, WIDE.test(segment) ? 2 : ONLY_MARKS.test(segment) ? 0 : 1]
  }
}

function widthOf(text: string): number {
  if (NARROW.test(text)) return text.length
  let width = 0
  for (const [, cells] of cellsOf(text)) width += cells
  return width
}

/** At most so many cells, the last of them … when something had to go. */
function cut(text: string, cells: number): string {
  if (widthOf(text) <= cells) return text
  let line = ''
  let width = 1
  for (const [character, wide] of cellsOf(text)) {
    width += wide
    if (width > cells) break
    line += character
  }
  return `${line}…`
}

/** Lines of at most so many cells, broken between words where there are any; the last ends in … when the text goes on. */
function wrap(text: string, cells: number, mostLines: number): string[] {
  const lines: string[] = []
  let line = ''
  let width = 0
  for (const [character, wide] of cellsOf(text)) {
    if (width + wide > cells) {
      if (lines.length + 1 === mostLines) return [...lines, cut(`${line}……`, cells)]
      const space = line.lastIndexOf(' ')
      const end = space > line.length / 2 ? space : line.length
      lines.push(line.slice(0, end))
      line = line.slice(end).trimStart()
      width = widthOf(line)
    }
    line += character
    width += wide
  }
  return [...lines, line.trimEnd()]
}

interface Paint {
  readonly plain: (text: string) => string
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly yellow: (text: string) => string
  readonly cyan: (text: string) => string
}

const PLAIN: Paint = { plain: asIs, bold: asIs, dim: asIs, red: asIs, yellow: asIs, cyan: asIs }
const COLOURS: Paint = {
  plain: asIs,
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  yellow: sgr(33, 39),
  cyan: sgr(36, 39),
}

function sgr(on: number, off: number): (text: string) => string {
  return (text) => (text ? `\u001b[${on}m${text}\u001b[${off}m` : '')
}
