import type { TracerProvider } from '@opentelemetry/api'
import { warnOnce } from '../internal/diagnostics.js'
import { findings } from '../internal/findings.js'
import { packageOf } from './catalogue.js'

/**
 * What makes each span twice when it is started twice: it listens, and does not patch. Of patches, the later one takes the
 * earlier one's place (`InstrumentationBase._wrap`), also of another copy of the package.
 */
const LISTENING: ReadonlySet<string> = new Set([packageOf({ name: 'undici' })])

/**
 * Tells of instrumentations that somebody else has started beside ours (another SDK, `registerInstrumentations`), where that
 * makes spans twice. Whoever instruments asks the provider for a tracer by the name of the instrumentation.
 */
export class Doubles {
  readonly #own = new Set<string>()
  readonly #foreign = new Set<string>()
  #isOursAsking = false

  /** Runs fn, which starts an instrumentation of ours or gives it a tracer. */
  ours<T>(name: string, fn: () => T): T {
    const before = this.#isOursAsking
    this.#isOursAsking = true
    try {
      const result = fn()
      this.#own.add(name)
      this.#compare(name)
      return result
    } finally {
      this.#isOursAsking = before
    }
  }

  /** Listens to who asks for a tracer. */
  watch(provider: TracerProvider): void {
    const getTracer = provider.getTracer.bind(provider)
    provider.getTracer = (name, version, options) => {
      if (!this.#isOursAsking && LISTENING.has(name)) {
        this.#foreign.add(name)
        this.#compare(name)
      }
      return getTracer(name, version, options)
    }
  }

  #compare(name: string): void {
    if (!this.#own.has(name) || !this.#foreign.has(name) || findings.doubledInstrumentations.includes(name)) return
    findings.doubledInstrumentations.push(name)
    const short = name.replace(packageOf({ name: '' }), '')
    warnOnce(
      `doubled ${name}`,
      `${name} is started twice, by spanwright and by another SDK or registerInstrumentations(): each request makes two ` +
        `spans. Leave out the other one, or ours: OTEL_NODE_DISABLED_INSTRUMENTATIONS=${short}`,
    )
  }
}
