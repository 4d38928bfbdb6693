import { signal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { SpanNode } from '../../analysis/span-node.js'
import type { TraceAnalysis } from '../../analysis/trace-analysis.js'
import type { Attributes, AttributeValue, ReceivedLog, ReceivedSpan } from '../../model/received-span.js'
import { copyText } from '../parts/clipboard.js'
import { colourClass } from '../parts/colours.js'
import { counted, duration, offset, percent, preciseTime } from '../parts/format.js'
import { amend, follow } from '../state/location.js'
import type { DecodedSpan } from '../state/decode.js'
import { notify } from '../state/notices.js'
import { isLight as isLightTrace, linksHere, logsBySpan } from '../state/open-trace.js'
import { termOf, withTerm } from '../state/query-text.js'
import { wholeSpan } from '../state/whole-span.js'
import { Siblings } from './siblings.js'

/** What is known of one span, beside the waterfall. */
export function Details({
  trace,
  node,
}: {
  readonly trace: TraceAnalysis
  readonly node: SpanNode | undefined
}): JSX.Element {
  const [whole, setWhole] = useState<ReceivedSpan>()
  const { value: isLight } = isLightTrace
  useEffect(() => {
    setWhole(undefined)
    if (!isLight || !node) return
    let isCurrent = true
    void wholeSpan(node).then((span) => {
      if (isCurrent) setWhole(span)
    })
    return () => {
      isCurrent = false
    }
  }, [node?.id, isLight])
  const close = (): void => {
    amend({ span: undefined })
    document.querySelector<HTMLElement>('#waterfall')?.focus()
  }
  if (!node) {
    return (
      <aside class="details" aria-label="Span" tabIndex={0}>
        <DetailsHead title="A parent that never arrived" close={close} />
        <p>
          Spans below it name it as their parent. It was not sent, was sampled apart, or belongs to a service that sends
          elsewhere: <code>npx spanwright doctor</code> tells for an app of yours.
        </p>
      </aside>
    )
  }
  const span: ReceivedSpan = whole ?? node.span
  const { cut } = node.span as DecodedSpan
  const logs = logsBySpan.value.get(node.id) ?? []
  const linking = linksHere.value.get(node.id) ?? []
  const pathMicros = trace.criticalPath?.durationMicros ?? 0
  return (
    <aside class="details" aria-label="Span" tabIndex={0}>
      <DetailsHead title={span.name} close={close} />
      <p class="identity">
        <span class={`swatch ${colourClass(span.resource.service)}`} aria-hidden="true" /> {span.resource.service} ·{' '}
        {span.kind} · <Copyable text={span.spanId} />
      </p>
      {span.status === 'error' && (
        <p class="level error">✗ failed{span.statusMessage === '' ? '' : `: ${span.statusMessage}`}</p>
      )}
      <dl class="times">
        <Pair name="took">{node.endMicros === undefined ? 'has not ended' : duration(node.durationMicros)}</Pair>
        <Pair name="self">
          {duration(node.selfMicros)} <small>{waitingOf(span)}</small>
        </Pair>
        <Pair name="on the path">
          {duration(node.pathMicros)}
          {pathMicros > 0 && node.pathMicros > 0 && ` (${percent(node.pathMicros / pathMicros)})`}
        </Pair>
        <Pair name="starts at">
          {offset(node.startMicros)} <small>{preciseTime(span.startMicros)}</small>
        </Pair>
        {node.shiftMicros !== 0 && (
          <Pair name="clock">
            shown {duration(Math.abs(node.shiftMicros))} {node.shiftMicros > 0 ? 'later' : 'earlier'}
          </Pair>
        )}
      </dl>
      <Siblings trace={trace} node={node} />
      {cut && !whole && (
        <button type="button" onClick={() => void wholeSpan(node).then(setWhole)}>
          Long values are cut: show all
        </button>
      )}
      <Table title="Attributes" attributes={span.attributes} isFilter />
      {span.events.length > 0 && (
        <Part title={counted(span.events.length, 'event')}>
          {span.events.map((event, index) => (
            <details key={index} open={index < 3}>
              <summary>
                <b>{event.name}</b> <small>{offset(event.timeMicros - span.startMicros)}</small>
              </summary>
              <Table attributes={event.attributes} />
            </details>
          ))}
        </Part>
      )}
      {logs.length > 0 && (
        <Part title={counted(logs.length, 'log record')}>
          {logs.map((log, index) => (
            <Log key={index} log={log} span={span} />
          ))}
        </Part>
      )}
      {span.links.length > 0 && (
        <Part title={counted(span.links.length, 'link')}>
          {span.links.map((link) => (
            <p key={`${link.traceId}${link.spanId}`}>
              <a {...follow({ view: { name: 'trace', traceId: link.traceId, part: 'waterfall' }, span: link.spanId })}>
                <code>{link.traceId.slice(0, 8)}…</code> span <code>{link.spanId}</code>
              </a>
            </p>
          ))}
        </Part>
      )}
      {linking.length > 0 && (
        <Part title={`linked by ${counted(linking.length, 'span')}`}>
          {linking.map(({ traceId, spanId, service, name }) => (
            <p key={`${traceId}${spanId}`}>
              <a {...follow({ view: { name: 'trace', traceId, part: 'waterfall' }, span: spanId })}>
                {service} {name}
              </a>
              {traceId !== span.traceId && (
                <>
                  {' '}
                  in trace <code>{traceId.slice(0, 8)}…</code>
                </>
              )}
            </p>
          ))}
        </Part>
      )}
      <Table title="Resource" attributes={span.resource.attributes} isClosed />
      <p class="scope">
        <small>
          scope {span.scope.name || '(none)'} {span.scope.version}
          {span.traceState !== '' && (
            <>
              {' '}
              · tracestate <code>{span.traceState}</code>
            </>
          )}
        </small>
      </p>
    </aside>
  )
}

function DetailsHead({ title, close }: { readonly title: string; readonly close: () => void }): JSX.Element {
  return (
    <h2>
      <span>{title}</span>
      <button type="button" aria-label="Close the details" onClick={close}>
        ×
      </button>
    </h2>
  )
}

/** Never called CPU time: nobody measured it. */
function waitingOf({ kind }: ReceivedSpan): string {
  return kind === 'client' || kind === 'producer'
    ? 'waiting: network, queue, or a service that sends no spans'
    : 'own code, or waiting that no span covers'
}

function Pair({ name, children }: { readonly name: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Part({ title, children }: { readonly title: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  )
}

function Log({ log, span }: { readonly log: ReceivedLog; readonly span: ReceivedSpan }): JSX.Element {
  return (
    <p class={`log ${log.severity.toLowerCase()}`}>
      <small>{offset(log.timeMicros - span.startMicros)}</small> <b>{log.severity}</b> {valueText(log.body)}
    </p>
  )
}

interface TableProps {
  readonly title?: string
  readonly attributes: Attributes
  readonly isFilter?: boolean
  readonly isClosed?: boolean
}

function Table({ title, attributes, isFilter = false, isClosed = false }: TableProps): JSX.Element | null {
  const entries = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))
  if (entries.length === 0) return null
  const table = (
    <table class="attributes">
      {title !== undefined && <caption class="off-screen">{title}</caption>}
      <tbody>
        {entries.map(([key, value]) => (
          <tr key={key}>
            <th scope="row">{key}</th>
            <td>
              <Value value={value} />
              <span class="actions">
                {isFilter && <FilterButtons name={key} value={value} />}
                <button type="button" aria-label={`Copy ${key}`} title="Copy" onClick={() => void copyValue(value)}>
                  copy
                </button>
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
  if (title === undefined) return table
  return (
    <details open={!isClosed} class="part">
      <summary>
        <h3>
          {title} <small>{entries.length}</small>
        </h3>
      </summary>
      {table}
    </details>
  )
}

/** Filters the list of traces by a value that is seen here. */
function FilterButtons({ name, value }: { readonly name: string; readonly value: AttributeValue }): JSX.Element | null {
  if (typeof value === 'object' || String(value).length > 200) return null
  const filter = (isNegated: boolean): { href: string; onClick: (event: MouseEvent) => void } =>
    follow({ view: { name: 'list' }, query: withTerm('', termOf(name, '=', String(value), isNegated)) })
  return (
    <>
      <a {...filter(false)} aria-label={`Traces with this ${name}`} title="Traces with this value">
        +
      </a>
      <a {...filter(true)} aria-label={`Traces without this ${name}`} title="Traces without this value">
        −
      </a>
    </>
  )
}

const pretty = signal<ReadonlySet<string>>(new Set())

/** Text as it is; JSON within it is set out on demand. */
function Value({ value }: { readonly value: AttributeValue }): JSX.Element {
  const text = valueText(value)
  const isJson = typeof value === 'string' && /^\s*[[{]/.test(value) && value.length > 40
  const isPretty = isJson && pretty.value.has(value)
  return (
    <>
      <span class={`value ${typeof value}`}>{isPretty ? prettyJson(value) : text}</span>
      {isJson && !isPretty && (
        <button
          type="button"
          onClick={() => {
            pretty.value = new Set([...pretty.value, value])
          }}
        >
          set out
        </button>
      )}
    </>
  )
}

function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return text
  }
}

function valueText(value: AttributeValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

async function copyValue(value: AttributeValue): Promise<void> {
  notify((await copyText(valueText(value))) ? 'Copied' : 'The browser does not let this page copy')
}

function Copyable({ text }: { readonly text: string }): JSX.Element {
  return (
    <button
      type="button"
      class="copyable"
      title="Copy"
      aria-label={`Copy ${text}`}
      onClick={() => void copyValue(text)}
    >
      <code>{text}</code>
    </button>
  )
}
