import { expect, test } from 'vitest'
import { parseOpenMetrics } from './openmetrics.js'

const HISTOGRAM = `# TYPE a histogram
# HELP a Some \\\\ help
a_bucket{le="0.5",x="q\\"\\n"} 1 # {trace_id="7"} 0.3 1700000000.123
a_bucket{le="1.0",x="q\\"\\n"} 2
a_bucket{le="+Inf",x="q\\"\\n"} 2
a_sum{x="q\\"\\n"} 1.2
a_count{x="q\\"\\n"} 2
# EOF
`

test('an exposition is read with labels and exemplars', () => {
  const samples = parseOpenMetrics(HISTOGRAM).get('a')?.samples
  expect(samples).toHaveLength(5)
  expect(samples?.[0]).toEqual({
    name: 'a_bucket',
    labels: { le: '0.5', x: 'q"\n' },
    value: 1,
    exemplar: { labels: { trace_id: '7' }, value: 0.3, timestamp: 1700000000.123 },
  })
})

test.each([
  ['the last line is not', HISTOGRAM.replace('# EOF\n', '')],
  ['no sample', HISTOGRAM.replace('a_sum{', 'a_sum {')],
  ['no sample', HISTOGRAM.replace('{le="0.5",', '{le=0.5,')],
  ['no sample', HISTOGRAM.replace('a_count{', '\na_count{')],
  ['no descriptor', HISTOGRAM.replace('# TYPE a histogram', '# a comment')],
  ['no suffix of a histogram', HISTOGRAM.replace('a_sum', 'a_total')],
  ['no place for exemplars', HISTOGRAM.replace(' 1.2', ' 1.2 # {a="b"} 1')],
  ['an exemplar of another bucket', HISTOGRAM.replace('0.3 17', '0.6 17')],
  ['an exemplar too long', HISTOGRAM.replace('trace_id="7"', `trace_id="${'7'.repeat(121)}"`)],
  ['a bound that is not canonical', HISTOGRAM.replace('le="1.0"', 'le="1"')],
  ['bounds that do not rise', HISTOGRAM.replace('le="1.0"', 'le="0.2"')],
  ['buckets that do not add up', HISTOGRAM.replace('"} 1 #', '"} 3 #')],
  ['no bucket +Inf', HISTOGRAM.replace('"+Inf"', '"2.0"')],
  ['a count that is not', HISTOGRAM.replace('a_count{x="q\\"\\n"} 2', 'a_count{x="q\\"\\n"} 3')],
  ['a sample twice', HISTOGRAM.replace('# EOF', 'a_sum{x="q\\"\\n"} 1.2\n# EOF')],
  ['a label twice', HISTOGRAM.replace('le="1.0",x', 'le="1.0",le')],
  ['a family comes twice', HISTOGRAM.replace('# EOF', '# TYPE b gauge\n# TYPE a histogram\n# EOF')],
])('%s is refused', (problem, text) => {
  expect(() => parseOpenMetrics(text)).toThrow(problem)
})
