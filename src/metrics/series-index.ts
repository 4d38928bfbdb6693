import type { Attributes } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions'
import { warnOnce } from '../internal/diagnostics/diagnostics.js'
import { kindName, statusName, type Naming } from './naming.js'
import { Series, type SeriesShape } from './series.js'

export interface SeriesIndexOptions {
  readonly dimensions: readonly string[]
  readonly maxSeries: number
  readonly naming: Naming
  readonly shape: SeriesShape
}

/** A tree by name, kind and status, then each dimension: no key has to be built for a span. */
type Node = Map<unknown, Node> | Series
type Branch = Map<unknown, Node>

/** Specification, metrics SDK, "Overflow attribute". */
const OVERFLOW: Attributes = { 'otel.metric.overflow': true }

/** The series that there are; which one a span belongs to. Never more than it may hold. */
export class SeriesIndex {
  readonly #root: Branch = new Map()
  readonly #options: SeriesIndexOptions
  readonly #series: Series[] = []
  #overflow: Series | undefined
  #resource: Resource | undefined

  constructor(options: SeriesIndexOptions) {
    this.#options = options
  }

  /** In the order in which they came, that of the overflow among them; once the resource is known that they name. */
  async all(): Promise<readonly Series[]> {
    if (this.#resource?.asyncAttributesPending) await this.#resource.waitForAsyncAttributes?.()
    return this.#series
  }

  /** The same, with what is known of the resource. */
  allNow(): readonly Series[] {
    return this.#series
  }

  of(span: ReadableSpan): Series {
    let node: Node | undefined = this.#root.get(span.name)
    if (node !== undefined) node = (node as Branch).get(stateOf(span))
    for (const dimension of this.#options.dimensions) {
      if (node === undefined) break
      node = (node as Branch).get(span.attributes[dimension])
    }
    return (node as Series | undefined) ?? this.#find(span)
  }

  /** The long way: a value that is no string may be there as a text. */
  #find(span: ReadableSpan): Series {
    const { dimensions } = this.#options
    if (this.#overflow && dimensions.length === 0) return this.#overflow
    const path = [span.name, stateOf(span), ...dimensions.map((dimension) => span.attributes[dimension])]
    const texts = path.map((value, step) => (step === 1 ? value : labelValue(value)))
    let node: Node | undefined = this.#root
    for (const text of texts) node = (node as Branch | undefined)?.get(text)
    const series = (node as Series | undefined) ?? this.#add(span)
    if (series !== this.#overflow) this.#place(series, path, texts)
    return series
  }

  #add(span: ReadableSpan): Series {
    const { maxSeries, naming, shape, dimensions } = this.#options
    if (this.#overflow) return this.#overflow
    const isFull = this.#series.length >= maxSeries - 1
    this.#resource = span.resource
    const series = new Series(isFull ? () => OVERFLOW : describing(span, naming, dimensions), shape)
    if (isFull) {
      this.#overflow = series
      warnOnce(
        'span metrics overflow',
        `span metrics have ${maxSeries} series; what is new is counted in one, otel.metric.overflow. ` +
          `Is there an id in a span's name or in a dimension? Else raise spanMetrics.maxSeries`,
      )
    }
    this.#series.push(series)
    return series
  }

  /** Under its texts, and for the next time under values that compare by themselves: `200` and `'200'` are one. */
  #place(series: Series, path: readonly unknown[], texts: readonly unknown[]): void {
    let branch = this.#root
    for (const [step, text] of texts.entries()) {
      const isLast = step === texts.length - 1
      const next: Node = branch.get(text) ?? (isLast ? series : new Map<unknown, Node>())
      branch.set(text, next)
      if (typeof path[step] !== 'object') branch.set(path[step], next)
      if (!isLast) branch = next as Branch
    }
  }
}

const stateOf = ({ kind, status }: ReadableSpan): number => kind * 3 + status.code

/** A value as a label: series differ by it, in Prometheus too. */
export function labelValue(value: Attributes[string]): string | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined
  // As JSON, a number and a boolean are what they are as texts.
  return JSON.stringify(value)
}

/** Must not hold on to the span. */
function describing(span: ReadableSpan, naming: Naming, dimensions: readonly string[]): () => Attributes {
  const { name, kind, status, resource } = span
  const values = dimensions.map((dimension) => [dimension, span.attributes[dimension]] as const)
  const { code } = status
  return () => {
    const attributes: Attributes = {
      [naming.service]: resource.attributes[ATTR_SERVICE_NAME],
      [naming.spanName]: name,
      [naming.spanKind]: kindName(kind),
      [naming.statusCode]: statusName(code),
    }
    for (const [dimension, value = resource.attributes[dimension]] of values) {
      if (value !== undefined) attributes[dimension] = value
    }
    return attributes
  }
}
