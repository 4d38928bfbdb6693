import { computed, signal } from '@preact/signals'
import type { JSX } from 'preact'
import type { CodeLocation, FindingGroup, FindingLevel } from '../../model/finding.js'
import { download } from '../parts/clipboard.js'
import { counted, grouped } from '../parts/format.js'
import { Rich } from '../parts/rich.js'
import { runState } from '../state/live.js'
import { amend, follow, location } from '../state/location.js'
import { mutedFingerprints, setMuted } from '../state/muted.js'
import { withTerm } from '../state/query-text.js'

const GLYPHS: Readonly<Record<FindingLevel, string>> = { error: '✗', warning: '▲', info: 'i' }
const isOpen = signal(false)
/** Closed, the panel shows the most important ones. */
const SHOWN_CLOSED = 3

const shown = computed(() =>
  runState.value.findings.filter(({ fingerprint }) => !mutedFingerprints.value.has(fingerprint)),
)

/** What is wrong over all traces: groups of one fault each, the worst first. */
export function FindingsPanel(): JSX.Element {
  const groups = shown.value
  const muted = runState.value.findings.length - groups.length
  const { pendingFindings } = runState.value
  const listed = isOpen.value ? groups : groups.slice(0, SHOWN_CLOSED)
  return (
    <section class={`findings ${isOpen.value ? 'open' : ''}`} aria-labelledby="findings-title">
      <h2 id="findings-title">
        <button
          type="button"
          aria-expanded={isOpen.value}
          aria-controls="findings-list"
          onClick={() => {
            isOpen.value = !isOpen.value
          }}
        >
          Findings {grouped(groups.length)} <span aria-hidden="true">{isOpen.value ? '▾' : '▸'}</span>
        </button>
        {pendingFindings > 0 && <small> {counted(pendingFindings, 'trace')} not looked at yet</small>}
        {muted > 0 && (
          <small>
            {' '}
            {grouped(muted)} muted{' '}
            <button
              type="button"
              title="A file that --baseline reads: only new findings count then"
              onClick={() => {
                download('known.json', baselineOf(runState.value.findings))
              }}
            >
              save as baseline
            </button>{' '}
            <button
              type="button"
              onClick={() => {
                setMuted([])
              }}
            >
              show again
            </button>
          </small>
        )}
      </h2>
      <ul id="findings-list">
        {listed.map((group) => (
          <FindingRow key={group.fingerprint} group={group} isOpen={isOpen.value} />
        ))}
        {groups.length === 0 && <li class="none">Nothing is wrong with these traces, as far as they tell.</li>}
      </ul>
    </section>
  )
}

function placeOf({ path, line }: CodeLocation): string {
  return line === undefined ? path : `${path}:${line}`
}

/** What `--baseline` reads. */
function baselineOf(groups: readonly FindingGroup[]): string {
  const known = groups.filter(({ fingerprint }) => mutedFingerprints.value.has(fingerprint))
  const findings = known.map(({ fingerprint, id, sentence }) => ({ fingerprint, id, sentence }))
  return `${JSON.stringify({ findings }, undefined, 2)}\n`
}

function FindingRow({ group, isOpen }: { readonly group: FindingGroup; readonly isOpen: boolean }): JSX.Element {
  const [first] = group.examples
  const span = first?.spanIds[0]
  return (
    <li class={`finding ${group.level}`}>
      <span class={`level ${group.level}`}>
        <span aria-hidden="true">{GLYPHS[group.level]}</span>
        <span class="off-screen">{group.level}</span>
      </span>
      <code class="id">{group.id}</code>
      <div class="what">
        {first ? (
          <a {...follow({ view: { name: 'trace', traceId: first.traceId, part: 'waterfall' }, span })}>
            <Rich text={group.sentence} />
          </a>
        ) : (
          <Rich text={group.sentence} />
        )}
        {isOpen && group.advice !== undefined && (
          <p class="advice">
            → <Rich text={group.advice} />
          </p>
        )}
        {isOpen && (
          <p class="more">
            <span class={`confidence ${group.confidence}`}>{group.confidence}</span>
            {group.code && (
              <>
                {' · '}
                <code>{placeOf(group.code)}</code>
              </>
            )}
            {' · examples: '}
            {group.examples.map(({ traceId, spanIds }, index) => (
              <a key={traceId} {...follow({ view: { name: 'trace', traceId, part: 'waterfall' }, span: spanIds[0] })}>
                {index > 0 ? ' ' : ''}
                <code>{traceId.slice(0, 8)}</code>
              </a>
            ))}
            {' · '}
            <button
              type="button"
              onClick={() => {
                amend({ query: withTerm(location.value.query, `finding:${group.id}`) })
              }}
            >
              show these traces
            </button>{' '}
            <button
              type="button"
              onClick={() => {
                setMuted([...mutedFingerprints.value, group.fingerprint])
              }}
            >
              mute
            </button>
          </p>
        )}
      </div>
      <span class="of">
        in {grouped(group.traces)} of {counted(group.ofTraces, 'trace')}
      </span>
    </li>
  )
}
