import { expect, test } from 'vitest'
import { parseOpenMetrics } from '../helpers/openmetrics.js'
import { runTracedApp } from '../helpers/traced-app.js'

test.each(['cjs', 'mjs'])('prom-client’s text leads to the sampled trace, in an app in .%s', async (kind) => {
  const { stdout, stderr } = await runTracedApp(`metrics/exemplars.${kind}`, { withoutFlag: true })
  expect(stderr).toBe('')
  const { last, text } = JSON.parse(stdout) as { last: string; text: string }
  const samples = [...parseOpenMetrics(text).values()].flatMap((family) => family.samples)
  const counts = samples.filter(({ name }) => /_(total|count)$/.test(name)).map(({ name, value }) => [name, value])
  expect(counts).toEqual([
    ['requests_total', 200],
    ['seconds_count', 200],
    ['plain_total', 200],
    ['traces_span_metrics_calls_total', 200],
    ['traces_span_metrics_duration_seconds_count', 200],
  ])
  const exemplars = samples.filter(({ exemplar }) => exemplar !== undefined)
  // Of the span metrics each bucket with a sampled span has one, the newest of it.
  const own = exemplars.filter(({ name }) => !name.startsWith('traces'))
  expect(own.map(({ name, exemplar }) => [name, exemplar?.labels.trace_id])).toEqual([
    ['requests_total', last],
    ['seconds_bucket', last],
    ['plain_total', last],
  ])
  const ofSpans = exemplars.filter(({ name }) => name.startsWith('traces'))
  expect(ofSpans.map(({ exemplar }) => exemplar?.labels.trace_id)).toContain(last)
})
