import { describe, expect, test } from 'vitest'
import { DASHBOARDS, filledIn, queriesOf, readDashboard, type Panel } from './dashboard.js'
import { checkQueries, hasPrometheus, NEEDS_PROMETHEUS } from './prometheus-tools.js'

describe.each(DASHBOARDS)('the dashboard %s', (name) => {
  const dashboard = readDashboard(name)
  const { panels, templating } = dashboard
  const variables = templating.list.map((variable) => variable.name)

  test('takes its data from the source that the reader chooses', () => {
    expect(variables).toContain('datasource')
    for (const { type, datasource, targets = [] } of panels) {
      if (type === 'row') continue
      expect(targets.length).toBeGreaterThan(0)
      expect([datasource, ...targets.map((target) => target.datasource)]).toEqual(
        [datasource, ...targets].map(() => ({ type: 'prometheus', uid: '${datasource}' })),
      )
    }
  })

  test('uses no variable that it does not have', () => {
    const texts = [...queriesOf(dashboard), ...templating.list.map(({ query }) => JSON.stringify(query))]
    const used = texts.flatMap((text) => [...text.matchAll(/\$(\w+)/g)].map(([, variable]) => variable))
    const builtIn = ['__rate_interval', '__range']
    expect(used.filter((variable) => ![...variables, ...builtIn].includes(variable ?? ''))).toEqual([])
  })

  test('has panels that lie beside one another, with ids of their own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([])
    const pairs = panels.flatMap((a, index) => panels.slice(index + 1).map((b) => [a, b] as const))
    expect(pairs.filter(([a, b]) => overlap(a, b)).map(([a, b]) => `${a.title}, ${b.title}`)).toEqual([])
  })

  test.skipIf(!hasPrometheus)(`has queries that Prometheus can parse ${NEEDS_PROMETHEUS}`, () => {
    const queries = queriesOf(dashboard).map((query) => filledIn(query))
    const { status, said } = checkQueries(queries)
    expect(status, said).toBe(0)
    expect(said).toContain(`SUCCESS: ${queries.length} rules found`)
  })
})

test('the percentiles of the dashboard show exemplars, by service and by span name', () => {
  const durations = readDashboard('red').panels.filter(({ title }) => title === 'Duration')
  expect(durations).toHaveLength(2)
  for (const { targets = [] } of durations) {
    const quantiles = targets.map(({ expr }) => /histogram_quantile\(([\d.]+)/.exec(expr)?.[1])
    expect(quantiles).toEqual(['0.5', '0.95', '0.99'])
    expect(targets.some(({ exemplar }) => exemplar)).toBe(true)
  }
})

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}
