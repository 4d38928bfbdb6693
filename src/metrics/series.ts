import type { Attributes, HrTime, SpanContext } from '@opentelemetry/api'

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

/** Counts by buckets with given bounds, which belong to the bucket that they end. */
export class ExplicitHistogram {
  readonly bounds: readonly number[]
  /** One more than there are bounds: the last is for all above. */
  readonly counts: number[]

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Array<number>(bounds.length + 1).fill(0)
  }

  add(value: number): void {
    const bucket = this.bucketOf(value)
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
  }

  bucketOf(value: number): number {
    const { bounds } = this
    let low = 0
    let high = bounds.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (value <= (bounds[middle] ?? Infinity)) high = middle
      else low = middle + 1
    }
    return low
  }
}

// OpenTelemetry's data model, "ExponentialHistogram": bucket i holds what is above base^i and not above base^(i+1), with
// base = 2^(2^-scale). The SDK's own is not exported; this one comes to the same buckets, which a test holds.

const MAX_SCALE = 20
/** The SDK's default, of the positive buckets. */
const MOST_BUCKETS = 160

const double = new DataView(new ArrayBuffer(8))

/** Counts in buckets whose scale falls as the range of the values grows. For values from 0 up. */
export class ExponentialHistogram {
  scale: number = MAX_SCALE
  /** The index of the first bucket that is held. */
  offset = 0
  zeroCount = 0
  counts: number[] = []
  #factor = Math.LOG2E * 2 ** MAX_SCALE

  add(value: number): void {
    if (value === 0) {
      this.zeroCount += 1
      return
    }
    let index = this.#indexOf(value)
    const excess = this.#excessOf(index)
    if (excess > 0) {
      this.#downscale(excess)
      index = this.#indexOf(value)
    }
    this.#holdIndex(index)
    const bucket = index - this.offset
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
  }

  /** How far the scale has to fall for the index to be held together with all others. */
  #excessOf(index: number): number {
    if (this.counts.length === 0) return 0
    let low = Math.min(this.offset, index)
    let high = Math.max(this.offset + this.counts.length - 1, index)
    let change = 0
    for (; high - low >= MOST_BUCKETS; change++) {
      low >>= 1
      high >>= 1
    }
    return change
  }

  #downscale(change: number): void {
    this.counts = downscaled(this, change)
    this.offset >>= change
    this.scale -= change
    this.#factor = Math.LOG2E * 2 ** this.scale
  }

  #holdIndex(index: number): void {
    if (this.counts.length === 0) this.offset = index
    for (; this.offset > index; this.offset--) this.counts.unshift(0)
    while (this.offset + this.counts.length <= index) this.counts.push(0)
  }

  #indexOf(value: number): number {
    double.setFloat64(0, value)
    const high = double.getUint32(0)
    const exponent = ((high & 0x7ff00000) >> 20) - 1023
    // A logarithm can miss by one bucket what is a bound exactly.
    const isPowerOfTwo = (high & 0xfffff) === 0 && double.getUint32(4) === 0
    if (this.scale <= 0) return (exponent - (isPowerOfTwo ? 1 : 0)) >> -this.scale
    if (isPowerOfTwo) return (exponent << this.scale) - 1
    return Math.floor(Math.log(value) * this.#factor)
  }
}

/** The counts at a scale that is lower by so much; the first bucket is then that of `offset >> change`. */
export function downscaled(
  { offset, counts }: { offset: number; counts: readonly number[] },
  change: number,
): number[] {
  const first = offset >> change
  const merged: number[] = []
  for (const [bucket, count] of counts.entries()) {
    const target = ((offset + bucket) >> change) - first
    merged[target] = (merged[target] ?? 0) + count
  }
  return merged
}
