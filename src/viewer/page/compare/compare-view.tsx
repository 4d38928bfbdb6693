import type { JSX } from 'preact'
import type { TraceRow, WireComparison, WireMeasure } from '../../serve/wire.js'
import { colourClass } from '../parts/colours.js'
import { clockTime, duration, grouped, offset } from '../parts/format.js'
import { useKeys } from '../parts/keys.js'
import { useAnswer } from '../parts/use-answer.js'
import { follow, go, location } from '../state/location.js'

/** Two traces side by side, by operation: where on the critical path one took longer. */
export function CompareView({ a, b }: { readonly a: string; readonly b: string }): JSX.Element {
  const { value, error } = useAnswer<WireComparison>(
    `/api/compare?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`,
  )
  useKeys({
    Escape: () => {
      go({ view: { name: 'list' } })
    },
    w: () => {
      go({ view: { name: 'trace', traceId: b, part: 'waterfall' } })
    },
  })
  if (error !== undefined) {
    return (
      <section class="empty">
        <h1>These traces cannot be compared</h1>
        <p>{error}</p>
        <p>
          <a {...follow({ view: { name: 'list' } })}>All traces</a>
        </p>
      </section>
    )
  }
  if (!value) return <p class="hint">Loading…</p>
  const most = Math.max(...value.paths.map(({ differenceMicros }) => Math.abs(differenceMicros)), 1)
  return (
    <section class="panel compare" tabIndex={0} aria-labelledby="compare-title">
      <h1 id="compare-title">Two traces compared</h1>
      <div class="sides">
        <Side name="A" row={value.a} />
        <Side name="B" row={value.b} />
        <button
          type="button"
          onClick={() => {
            go({ view: { name: 'compare', a: b, b: a }, query: location.peek().query })
          }}
        >
          swap
        </button>
      </div>
      <table>
        <caption class="off-screen">Time on the critical path, by operation</caption>
        <thead>
          <tr>
            <th scope="col">operation</th>
            <th scope="col" class="figure">
              path A
            </th>
            <th scope="col" class="figure">
              path B
            </th>
            <th scope="col" class="figure">
              B − A
            </th>
            <th scope="col" class="diverging">
              <span class="off-screen">difference as a bar</span>
            </th>
            <th scope="col" class="figure wide">
              total A, B
            </th>
            <th scope="col" class="figure wide">
              count A, B
            </th>
          </tr>
        </thead>
        <tbody>
          {value.paths.map((path, index) => (
            <tr key={index} class={path.a && path.b ? '' : 'one-sided'}>
              <th scope="row">
                <span class={`swatch ${colourClass(path.service)}`} aria-hidden="true" />{' '}
                <span class="service">{path.service}</span> {path.name}
                {!path.a && <em> only in B</em>}
                {!path.b && <em> only in A</em>}
              </th>
              <td class="figure">
                <Time traceId={a} measure={path.a} />
              </td>
              <td class="figure">
                <Time traceId={b} measure={path.b} />
              </td>
              <td class="figure">{path.differenceMicros === 0 ? '' : offset(path.differenceMicros)}</td>
              <td class="diverging" aria-hidden="true">
                <span
                  class={path.differenceMicros < 0 ? 'less' : 'more'}
                  style={{ width: `${(Math.abs(path.differenceMicros) / most) * 50}%` }}
                />
              </td>
              <td class="figure wide">
                {path.a ? duration(path.a.totalMicros) : '–'}, {path.b ? duration(path.b.totalMicros) : '–'}
              </td>
              <td class="figure wide">
                {path.a ? grouped(path.a.count) : '–'}, {path.b ? grouped(path.b.count) : '–'}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Side({ name, row }: { readonly name: string; readonly row: TraceRow }): JSX.Element {
  return (
    <p>
      <b>{name}</b>{' '}
      <a {...follow({ view: { name: 'trace', traceId: row.traceId, part: 'waterfall' } })}>
        {row.service} {row.name}
      </a>{' '}
      {row.answeredMicros === undefined ? 'not ended' : duration(row.answeredMicros)} · {clockTime(row.startMicros)}
    </p>
  )
}

function Time({
  traceId,
  measure,
}: {
  readonly traceId: string
  readonly measure: WireMeasure | undefined
}): JSX.Element {
  if (!measure) return <>–</>
  return (
    <a {...follow({ view: { name: 'trace', traceId, part: 'waterfall' }, span: measure.spanId })}>
      {duration(measure.pathMicros)}
    </a>
  )
}
