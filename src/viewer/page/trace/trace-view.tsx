import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Finding } from '../../model/finding.js'
import { FlamePart } from '../flame/flame-view.js'
import { MapPart } from '../map/map-view.js'
import { clockTime, counted, duration } from '../parts/format.js'
import { useKeys } from '../parts/keys.js'
import { Rich } from '../parts/rich.js'
import { markOrCompare, marked } from '../state/actions.js'
import { holdStill, rows, runState } from '../state/live.js'
import { amend, follow, go, location, type TracePart } from '../state/location.js'
import { analysis, closeTrace, findings, head, onceWhole, openError, openTrace } from '../state/open-trace.js'
import { watchTrace } from '../state/watch-trace.js'
import { CopyMenu, openCopyMenu } from './copy-menu.js'
import { jumpTo } from './jump.js'
import { SlowSentence } from './slow-sentence.js'
import { selectedNode, Waterfall } from './waterfall.js'

const PARTS: readonly (readonly [part: TracePart, key: string, label: string])[] = [
  ['waterfall', 'w', 'Waterfall'],
  ['flame', 'f', 'Flame'],
  ['map', 'm', 'Map'],
]
const areAllShown = signal(false)

export function TraceView({ traceId, part }: { readonly traceId: string; readonly part: TracePart }): JSX.Element {
  useEffect(() => {
    void openTrace(traceId)
    const stop = watchTrace(traceId)
    holdStill('elsewhere', true)
    return () => {
      stop()
      closeTrace()
      holdStill('elsewhere', false)
    }
  }, [traceId])
  const show = (next: TracePart): void => {
    const { span, query } = location.peek()
    go({ view: { name: 'trace', traceId, part: next }, span, query })
  }
  useKeys({
    w: () => {
      show('waterfall')
    },
    f: () => {
      show('flame')
    },
    m: () => {
      show('map')
    },
    c: () => {
      markOrCompare(traceId)
    },
    v: () => {
      markOrCompare(traceId)
    },
    y: () => {
      onceWhole(openCopyMenu)
    },
    Escape: () => {
      if (location.peek().query !== '') amend({ query: '' })
      else go({ view: { name: 'list' } })
    },
  })
  if (openError.value)
    return <Unknown traceId={traceId} status={openError.value.status} message={openError.value.message} />
  const trace = head.value
  if (!trace) return <p class="hint">Loading…</p>
  const { root } = trace
  return (
    <div class="trace-view">
      <div class="trace-head">
        <a class="back" {...follow({ view: { name: 'list' } })} aria-label="Back to the traces" title="Back (Esc)">
          ←
        </a>
        <h1>
          {root ? (
            <>
              <span class="service">{root.service}</span> {root.name}
            </>
          ) : (
            traceId
          )}
        </h1>
        <p class="facts">
          <b>{trace.answeredMicros === undefined ? 'not ended' : duration(trace.answeredMicros)}</b>
          {trace.answeredMicros !== undefined && ' answered'}
          {trace.goesOnMicros > 1000 && ` · goes on ${duration(trace.goesOnMicros)}`}
          {` · ${counted(trace.spanCount, 'span')} · ${counted(trace.serviceCount, 'service')} · ${clockTime(trace.startMicros)}`}
        </p>
        <nav aria-label="Views of this trace">
          {PARTS.map(([name, key, label]) => (
            <a
              key={name}
              {...follow({
                view: { name: 'trace', traceId, part: name },
                span: location.value.span,
                query: location.value.query,
              })}
              aria-current={part === name ? 'page' : undefined}
              title={`${label} (${key})`}
            >
              {label}
            </a>
          ))}
          <button
            type="button"
            title="Compare with another trace (c)"
            aria-pressed={marked.value === traceId}
            onClick={() => {
              markOrCompare(traceId)
            }}
          >
            {marked.value === undefined
              ? 'Compare'
              : marked.value === traceId
                ? 'Marked'
                : 'Compare with the marked one'}
          </button>
        </nav>
        <CopyMenu node={selectedNode.value ?? analysis.value?.mainRoot} />
      </div>
      <TraceFindings findings={findings.value} />
      <SlowSentence traceId={traceId} />
      {trace.clockSkews.map((skew) => (
        <p key={`${skew.from}>${skew.to}`} class="skew">
          {skew.shiftMicros === undefined
            ? `The times of ${skew.from} and ${skew.to} disagree: no single correction makes all calls possible, so nothing is moved.`
            : `The clock of ${skew.to} is ${duration(Math.abs(skew.shiftMicros))} ${skew.shiftMicros > 0 ? 'early' : 'late'} against ${skew.from}: its spans are shown corrected (r: as they were sent).`}
        </p>
      ))}
      {part === 'waterfall' && <Waterfall head={trace} />}
      {part === 'flame' && <FlamePart traceId={traceId} />}
      {part === 'map' && <MapPart traceId={traceId} />}
    </div>
  )
}

const GLYPHS = { error: '✗', warning: '▲', info: 'i' } as const
const SHOWN = 2

function TraceFindings({ findings }: { readonly findings: readonly Finding[] }): JSX.Element | null {
  if (findings.length === 0) return null
  const listed = areAllShown.value ? findings : findings.slice(0, SHOWN)
  return (
    <ul class="trace-findings" aria-label="Findings">
      {listed.map((finding) => (
        <li key={`${finding.fingerprint} ${finding.spanIds[0] ?? ''}`}>
          <span class={`level ${finding.level}`}>
            <span aria-hidden="true">{GLYPHS[finding.level]}</span>
            <span class="off-screen">{finding.level}</span>
          </span>
          <code class="id">{finding.id}</code>
          <span class="what">
            <Rich text={finding.sentence} />
            {finding.advice !== undefined && (
              <span class="advice">
                {' '}
                → <Rich text={finding.advice} />
              </span>
            )}
          </span>
          <button
            type="button"
            onClick={() => {
              jumpTo(finding.spanIds[0])
            }}
          >
            jump
          </button>
        </li>
      ))}
      {findings.length > SHOWN && (
        <li>
          <button
            type="button"
            aria-expanded={areAllShown.value}
            onClick={() => {
              areAllShown.value = !areAllShown.value
            }}
          >
            {areAllShown.value ? 'fewer' : `${findings.length - SHOWN} more`}
          </button>
        </li>
      )}
    </ul>
  )
}

/** A link that leads to what is not here, or not yet. */
function Unknown({
  traceId,
  status,
  message,
}: {
  readonly traceId: string
  readonly status: number
  readonly message: string
}): JSX.Element {
  // It may still be on its way: the next arrivals are looked at.
  const arrived = rows.value.some((row) => row.traceId === traceId)
  useEffect(() => {
    if (arrived) void openTrace(traceId)
  }, [arrived])
  const since = runState.value.startedMillis
  return (
    <section class="empty">
      <h1>{status === 404 ? 'This trace is not here' : 'This trace cannot be shown'}</h1>
      <p>
        <code>{traceId}</code>
      </p>
      <p>
        {status === 404
          ? `This viewer has traces since ${since > 0 ? clockTime(since * 1000) : 'it was started'}. Should the trace arrive, it opens by itself.`
          : message}
      </p>
      <p>
        <a {...follow({ view: { name: 'list' } })}>All traces</a>
      </p>
    </section>
  )
}
