// A strict parser of OpenMetrics 1.0 text: its ABNF, and the rules for counters, histograms and exemplars, so that what it
// takes any reader takes. https://prometheus.io/docs/specs/om/open_metrics_spec/

export interface ParsedExemplar {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  readonly timestamp: number | undefined
}

export interface ParsedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  readonly exemplar: ParsedExemplar | undefined
}

export interface ParsedFamily {
  readonly name: string
  type: string
  help: string | undefined
  readonly samples: ParsedSample[]
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\]|\\\\[n"\\\\])*"'
const LABELS = `\\{(?:${LABEL}(?:,${LABEL})*)?\\}`
const REAL = '[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?'
const NUMBER = `(?:${REAL}|[+-]?[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN])`
const SAMPLE = new RegExp(
  `^(${NAME})(${LABELS})? (${NUMBER})(?: (${REAL}))?(?: # (${LABELS}) (${NUMBER})(?: (${REAL}))?)?$`,
)
const DESCRIPTOR = new RegExp(`^# (TYPE|HELP|UNIT) (${NAME}) (.*)$`)

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  gauge: [''],
  unknown: [''],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  summary: ['', '_count', '_sum', '_created'],
  info: ['_info'],
}

/** @throws Error that names the line and what is wrong with it */
export function parseOpenMetrics(text: string): Map<string, ParsedFamily> {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  if (lines.pop() !== '# EOF') throw new Error('the last line is not "# EOF"')
  const families = new Map<string, ParsedFamily>()
  let current: ParsedFamily | undefined
  for (const line of lines) {
    current = line.startsWith('#') ? describe(families, current, line) : sample(current, line)
  }
  for (const family of families.values()) checkFamily(family)
  return families
}

function describe(families: Map<string, ParsedFamily>, current: ParsedFamily | undefined, line: string): ParsedFamily {
  const [, keyword, name = '', rest = ''] = DESCRIPTOR.exec(line) ?? fail('no descriptor', line)
  let family = current
  if (family?.name !== name) {
    if (families.has(name)) fail('a family comes twice', line)
    family = { name, type: '', help: undefined, samples: [] }
    families.set(name, family)
  }
  if (family.samples.length > 0) fail('a descriptor after samples', line)
  if (keyword === 'TYPE') {
    if (family.type !== '' || !Object.hasOwn(SUFFIXES, rest)) fail('a wrong type', line)
    family.type = rest
  } else if (keyword === 'HELP') {
    if (family.help !== undefined || !/^(?:[^\\]|\\[n"\\])*$/.test(rest)) fail('a wrong help', line)
    family.help = rest
  }
  return family
}

function sample(family: ParsedFamily | undefined, line: string): ParsedFamily {
  const match = SAMPLE.exec(line) ?? fail('no sample', line)
  if (!family) return fail('a sample without a family', line)
  const [, name = '', labels, value = '', , exemplarLabels, exemplarValue, exemplarTimestamp] = match
  if (!name.startsWith(family.name)) fail('a sample of another family', line)
  const suffix = name.slice(family.name.length)
  if (!SUFFIXES[family.type]?.includes(suffix)) fail(`no suffix of a ${family.type}`, line)
  if (exemplarLabels !== undefined && suffix !== '_bucket' && suffix !== '_total') fail('no place for exemplars', line)
  const exemplar: ParsedExemplar | undefined =
    exemplarLabels === undefined
      ? undefined
      : {
          labels: labelsIn(exemplarLabels, line),
          value: numberIn(exemplarValue ?? ''),
          timestamp: exemplarTimestamp === undefined ? undefined : Number(exemplarTimestamp),
        }
  const characters = Object.entries(exemplar?.labels ?? {})
    .flat()
    .join('')
  if (Array.from(characters).length > 128) fail('an exemplar too long', line)
  family.samples.push({ name, labels: labelsIn(labels ?? '{}', line), value: numberIn(value), exemplar })
  return family
}

function labelsIn(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [whole] of text.matchAll(new RegExp(LABEL, 'g'))) {
    const equals = whole.indexOf('=')
    const name = whole.slice(0, equals)
    if (Object.hasOwn(labels, name)) fail('a label twice', line)
    labels[name] = whole
      .slice(equals + 2, -1)
      .replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : String(escaped)))
  }
  return labels
}

function numberIn(text: string): number {
  const word = text.toLowerCase()
  if (word.includes('inf')) return word.startsWith('-') ? -Infinity : Infinity
  return Number(text)
}

function checkFamily(family: ParsedFamily): void {
  const { samples, type, name } = family
  const seen = new Set<string>()
  for (const { name: sampleName, labels, value } of samples) {
    const key = `${sampleName} ${JSON.stringify(Object.entries(labels).sort())}`
    if (seen.has(key)) fail('a sample twice', key)
    seen.add(key)
    if ((type === 'counter' || type === 'histogram') && !(value >= 0)) fail('a count below 0', key)
  }
  if (type !== 'histogram') return
  const metrics = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) =>
    JSON.stringify(Object.entries(labels).sort()),
  )
  for (const [labels, ofOne] of metrics) checkHistogram(`${name}${labels}`, ofOne)
}

function checkHistogram(where: string, samples: readonly ParsedSample[]): void {
  const buckets = samples.filter(({ name }) => name.endsWith('_bucket'))
  let [bound, count] = [-Infinity, 0]
  for (const { labels, value, exemplar } of buckets) {
    const { le = '' } = labels
    const next = numberIn(le)
    if (!(next > bound)) fail('bounds that do not rise', where)
    if (le !== '+Inf' && !/[.e]/.test(le)) fail(`a bound that is not canonical, ${le}`, where)
    if (value < count) fail('buckets that do not add up', where)
    if (exemplar && !(exemplar.value > bound && exemplar.value <= next) && exemplar.value !== 0) {
      fail('an exemplar of another bucket', where)
    }
    ;[bound, count] = [next, value]
  }
  if (bound !== Infinity) fail('no bucket +Inf', where)
  if (samples.find(({ name }) => name.endsWith('_count'))?.value !== count)
    fail('a count that is not that of +Inf', where)
}

function fail(problem: string, line: string): never {
  throw new Error(`${problem}: ${line}`)
}
