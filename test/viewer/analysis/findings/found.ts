import { findingsOf } from '../../../../src/viewer/analysis/findings/findings-of.js'
import { analyseTrace } from '../../../../src/viewer/analysis/trace-analysis.js'
import type { Finding } from '../../../../src/viewer/model/finding.js'
import { traceOf, type PlannedSpan, type SpanPlan } from '../trace-of.js'

/** The findings of a trace that have this id. */
export function found(id: string, ...roots: readonly PlannedSpan[]): Finding[] {
  return findingsOf(analyseTrace(traceOf(roots))).filter((finding) => finding.id === id)
}

export function idsIn(...roots: readonly PlannedSpan[]): string[] {
  return findingsOf(analyseTrace(traceOf(roots))).map(({ id }) => id)
}

/** A server span, from 0 to so many milliseconds. */
export function request(
  name: string,
  millis: number,
  children: readonly PlannedSpan[],
  plan: Partial<SpanPlan> = {},
): PlannedSpan {
  return [name, { at: [0, millis], kind: 'server', children, ...plan }]
}

export function query(text: string, at: SpanPlan['at'], plan: Partial<SpanPlan> = {}): PlannedSpan {
  const { attributes = {}, ...rest } = plan
  return [
    'pg.query:SELECT shop',
    {
      at,
      kind: 'client',
      attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'shop', 'db.query.text': text, ...attributes },
      ...rest,
    },
  ]
}

export function get(url: string, at: SpanPlan['at'], plan: Partial<SpanPlan> = {}): PlannedSpan {
  const { attributes = {}, ...rest } = plan
  return [
    'GET',
    { at, kind: 'client', attributes: { 'http.request.method': 'GET', 'url.full': url, ...attributes }, ...rest },
  ]
}

/** So many, each from its own number. */
export function times(count: number, make: (n: number) => PlannedSpan): PlannedSpan[] {
  return Array.from({ length: count }, (_, n) => make(n))
}
