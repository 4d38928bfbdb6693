import type { Attributes, HrTime, SpanContext } from '@opentelemetry/api'
import { ExplicitHistogram } from './explicit-histogram.js'
import { ExponentialHistogram } from './exponential-histogram.js'

/** A span that stands for the values of a bucket. */
export interface Exemplar {
  readonly spanContext: SpanContext
  readonly seconds: number
  readonly time: HrTime
}

/** Which histograms a series has. */
export interface SeriesShape {
  /** Upper bounds in seconds, where there are such buckets. */
  readonly bounds: readonly number[] | undefined
  readonly isExponential: boolean
}

/** The calls of one kind, since the start. */
export class Series {
  readonly explicit: ExplicitHistogram | undefined
  readonly exponential: ExponentialHistogram | undefined
  /** Of each explicit bucket the newest; made when the first one comes. */
  exemplars: (Exemplar | undefined)[] | undefined
  calls = 0
  min: number
  max: number
  // Apart, so that the sum stays exact.
  #seconds = 0
  #nanos = 0
  readonly #describe: () => Attributes
  #attributes: Attributes | undefined

  /** @param describe what it is; asked when it is shown, as parts of a resource come late */
  constructor(describe: () => Attributes, { bounds, isExponential }: SeriesShape) {
    this.#describe = describe
    this.min = Infinity
    this.max = -Infinity
    this.explicit = bounds && new ExplicitHistogram(bounds)
    this.exponential = isExponential ? new ExponentialHistogram() : undefined
  }

  get attributes(): Attributes {
    return (this.#attributes ??= this.#describe())
  }

  get sumSeconds(): number {
    return this.#seconds + this.#nanos / 1e9
  }

  add(duration: HrTime): void {
    const seconds = secondsOf(duration)
    this.calls += 1
    if (seconds > 0) {
      this.#seconds += duration[0]
      this.#nanos += duration[1]
    }
    if (seconds < this.min) this.min = seconds
    if (seconds > this.max) this.max = seconds
    this.explicit?.add(seconds)
    this.exponential?.add(seconds)
  }

  addExemplar(spanContext: SpanContext, duration: HrTime, time: HrTime): void {
    if (!this.explicit) return
    const seconds = secondsOf(duration)
    this.exemplars ??= new Array<Exemplar | undefined>(this.explicit.counts.length).fill(undefined)
    this.exemplars[this.explicit.bucketOf(seconds)] = { spanContext, seconds, time }
  }
}

/** A span that ended before it started took no time: the collector counts it so, too. */
function secondsOf([seconds, nanos]: HrTime): number {
  const all = seconds + nanos / 1e9
  return all > 0 ? all : 0
}
