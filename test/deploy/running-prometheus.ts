import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../helpers/free-port.js'
import { deployFile } from './prometheus-tools.js'

/** A value and the labels it has; what an instant query answers. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

export interface Exemplar {
  readonly labels: Readonly<Record<string, string>>
  readonly value: string
}

export interface RunningPrometheus extends AsyncDisposable {
  readonly url: string
  /** An instant query, at a time in milliseconds since 1970; now by default. */
  query(expr: string, atMillis?: number): Promise<Sample[]>
  /** The one number that a query answers, NaN where it answers none. */
  number(expr: string, atMillis?: number): Promise<number>
  /** All exemplars of the series that a query names. */
  exemplars(expr: string): Promise<Exemplar[]>
  labelValues(label: string): Promise<string[]>
}

export interface PrometheusOptions {
  /** Host and port by job. */
  readonly targets: Readonly<Record<string, string>>
  readonly scrapeIntervalMillis: number
  /** The longest that it may live. */
  readonly lifetimeMillis: number
  /** As `deploy/prometheus/scrape-collector.yaml` has it; no by default. */
  readonly honorLabels?: boolean
  /** One with an OTLP receiver, which is then on; the machine's own Prometheus by default. */
  readonly programWithOtlp?: string
}

/** A Prometheus that has scraped each target once, with the rules of `deploy/` and a folder of its own; gone when disposed of. */
export async function startPrometheus(options: PrometheusOptions): Promise<RunningPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'))
  const port = await freePort()
  await writeFile(join(folder, 'prometheus.yaml'), configuration(options))
  const { programWithOtlp } = options
  const child = spawn(
    programWithOtlp ?? 'prometheus',
    [
      `--config.file=${folder}/prometheus.yaml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
      '--log.level=warn',
      ...(programWithOtlp === undefined ? [] : ['--web.enable-otlp-receiver']),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = once(child, 'close')
  const timer = setTimeout(() => child.kill('SIGKILL'), options.lifetimeMillis)
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
    clearTimeout(timer)
    await rm(folder, { recursive: true })
  }
  const url = `http://127.0.0.1:${port}`
  const asking = client(url)
  const expected = Object.keys(options.targets).length
  // It takes some seconds to look at its targets for the first time.
  while ((await asking.number('sum(up) or vector(0)').catch(() => Number.NaN)) !== expected) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`prometheus has ended: ${said}`)
    await delay(50)
  }
  return { ...asking, url, [Symbol.asyncDispose]: stop }
}

/** JSON is YAML. */
function configuration({ targets, scrapeIntervalMillis, honorLabels = false }: PrometheusOptions): string {
  const interval = `${scrapeIntervalMillis}ms`
  const jobs = Object.entries(targets)
  return JSON.stringify({
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: [deployFile('prometheus/rules.yaml')],
    scrape_configs: jobs.map(([job_name, target]) => ({
      job_name,
      honor_labels: honorLabels,
      static_configs: [{ targets: [target] }],
    })),
  })
}

function client(url: string): Omit<RunningPrometheus, 'url' | typeof Symbol.asyncDispose> {
  const get = async <T>(path: string, parameters: Record<string, string> = {}): Promise<T> => {
    const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`)
    const { data, error } = (await answer.json()) as { data: T; error?: string }
    if (error !== undefined) throw new Error(`${error}: ${JSON.stringify(parameters)}`)
    return data
  }
  const query: RunningPrometheus['query'] = async (expr, atMillis = Date.now()) => {
    type Answer = { result: { metric: Record<string, string>; value: [number, string] }[] }
    const { result } = await get<Answer>('query', { query: expr, time: String(atMillis / 1_000) })
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
  }
  return {
    query,
    number: async (expr, atMillis) => (await query(expr, atMillis))[0]?.value ?? Number.NaN,
    exemplars: async (expr) => {
      const range = { start: String(Date.now() / 1_000 - 300), end: String(Date.now() / 1_000 + 1) }
      const found = await get<{ exemplars: Exemplar[] }[]>('query_exemplars', { query: expr, ...range })
      return found.flatMap(({ exemplars }) => exemplars)
    },
    labelValues: (label) => get(`label/${label}/values`),
  }
}
