import type { Sampler, SamplingResult, SpanProcessor } from '@opentelemetry/sdk-trace'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { messageOf, warn } from '../../internal/diagnostics/diagnostics.js'
import {
  checkKeys,
  checkNumber,
  checkPlainObject,
  checkString,
  wrongType,
  outOfRange,
} from '../../internal/checks/validate.js'
import type { SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import { closeSampler, HoldingSampler } from '../decision/close.js'
import { checkSamplerOptions } from '../decision/options.js'
import { healthChecksAndStaticFiles } from './presets.js'
import { ruleBasedSampler, type RuleBasedSampler, type SamplingRule } from './rules.js'
import { TailSpanProcessor } from '../tail/tail-processor.js'

/** A sampler as the file names it: `"always_off"`, or `{ "probability": { "ratio": 0.1 } }`. Throws for a wrong one. */
export type SamplerFromName = (name: string, options: Readonly<Record<string, unknown>>) => Sampler

/** Options of {@link ruleFileSampler}. */
export interface RuleFileOptions {
  /** Path of a JSON file: `{ "rules": [ … ], "fallback": … }`. */
  file: string
  /** Makes the samplers that the file names. */
  samplerFromName: SamplerFromName
  /** How often the file is looked at, in milliseconds. Default 2,000. */
  pollMillis?: number
}

/** Rules that change with their file. */
export interface RuleFileSampler extends RuleBasedSampler {
  /** Stops watching; the rules stay as they are. */
  close(): void
}

const DEFAULTS = { pollMillis: 2_000 } as const

/**
 * Rules from a file, read again when it changes. A file that is wrong is logged, and the last good rules stay. Watching does
 * not keep the process alive.
 *
 * Reads the file each time instead of waiting for events: Kubernetes exchanges a ConfigMap by a link, editors by a rename.
 *
 * @throws TracingConfigError for a wrong option, or when the file can't be used at the start.
 */
export function ruleFileSampler(options: RuleFileOptions): RuleFileSampler {
  checkSamplerOptions(options, ['file', 'samplerFromName', 'pollMillis'])
  const { file, samplerFromName, pollMillis = DEFAULTS.pollMillis } = options
  if (typeof file !== 'string') throw wrongType('file', 'a path', file)
  checkString('file', file)
  checkNumber('pollMillis', pollMillis, { min: 1 })
  return new RuleFile(file, new RuleReader(samplerFromName), pollMillis)
}

class RuleFile extends HoldingSampler implements RuleFileSampler {
  readonly #file: string
  readonly #reader: RuleReader
  readonly #timer: NodeJS.Timeout
  #sampler: RuleBasedSampler
  #lastText: string
  #lastProblem = ''
  #isClosed = false

  constructor(file: string, reader: RuleReader, pollMillis: number) {
    super()
    this.#file = file
    this.#reader = reader
    try {
      this.#lastText = readFileSync(file, 'utf8')
      this.#sampler = reader.read(this.#lastText)
    } catch (error) {
      throw outOfRange('file', `a file with sampling rules (${messageOf(error)})`, file)
    }
    this.heldSamplers = [this.#sampler]
    this.#timer = setInterval(() => void this.#readAgain(), pollMillis)
    this.#timer.unref()
  }

  shouldSample(...parameters: SamplingParameters): SamplingResult {
    return this.#sampler.shouldSample(...parameters)
  }

  spanProcessor(...next: SpanProcessor[]): SpanProcessor {
    return new TailSpanProcessor(next)
  }

  override stopItself(): void {
    this.#isClosed = true
    clearInterval(this.#timer)
  }

  override toString(): string {
    return this.#sampler.toString()
  }

  async #readAgain(): Promise<void> {
    try {
      const text = await readFile(this.#file, 'utf8')
      if (text === this.#lastText || this.#isClosed) return
      this.#lastText = text
      const before = this.#sampler
      this.#sampler = this.#reader.read(text)
      this.heldSamplers = [this.#sampler]
      closeSampler(before, this.#sampler)
      this.#lastProblem = ''
    } catch (error) {
      const problem = messageOf(error)
      if (problem === this.#lastProblem || this.#isClosed) return
      this.#lastProblem = problem
      warn(`the sampling rules of ${this.#file} can't be used, the last good ones stay: ${problem}`)
    }
  }
}

/** Samplers whose definition has not changed are carried over, with what they have learnt of the load. */
class RuleReader {
  readonly #samplerFromName: SamplerFromName
  #before = new Map<string, Sampler>()
  #now = new Map<string, Sampler>()

  constructor(samplerFromName: SamplerFromName) {
    this.#samplerFromName = samplerFromName
  }

  /** Throws an error that names what is wrong. */
  read(text: string): RuleBasedSampler {
    const model = JSON.parse(text) as { rules?: unknown; fallback?: unknown }
    checkPlainObject('the file', model)
    checkKeys('', model, ['rules', 'fallback'])
    const { rules = [], fallback } = model
    if (!Array.isArray(rules)) throw new Error('rules must be an array')
    this.#now = new Map()
    try {
      const compiled = ruleBasedSampler(
        rules.map((rule, index) => this.#rule(rule, index)),
        fallback === undefined ? {} : { fallback: this.#sampler('fallback', fallback) },
      )
      this.#before = this.#now
      return compiled
    } catch (error) {
      for (const [key, sampler] of this.#now) if (!this.#before.has(key)) closeSampler(sampler)
      throw error
    }
  }

  #rule(rule: unknown, index: number): SamplingRule {
    if (rule === 'health_checks_and_static_files') return healthChecksAndStaticFiles()
    const option = `rules[${index}]`
    if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) throw new Error(`${option} must be an object`)
    const { sampler, ...conditions } = rule as Omit<SamplingRule, 'sampler' | 'matches'> & { sampler?: unknown }
    if ('matches' in conditions) throw new Error(`${option}.matches can't be in a file`)
    return { ...conditions, sampler: this.#sampler(`${option}.sampler`, sampler) }
  }

  #sampler(option: string, model: unknown): Sampler {
    const key = `${option} ${JSON.stringify(model)}`
    const sampler = this.#before.get(key) ?? this.#make(option, model)
    this.#now.set(key, sampler)
    return sampler
  }

  #make(option: string, model: unknown): Sampler {
    if (typeof model === 'string') return this.#samplerFromName(model, {})
    const entries: [string, unknown][] = typeof model === 'object' && model !== null ? Object.entries(model) : []
    const [name, options] = entries[0] ?? []
    if (entries.length !== 1 || name === undefined) {
      throw new Error(`${option} must be a sampler's name, or an object with one name and its options`)
    }
    checkPlainObject(`${option}.${name}`, options ?? {})
    return this.#samplerFromName(name, (options ?? {}) as Record<string, unknown>)
  }
}
