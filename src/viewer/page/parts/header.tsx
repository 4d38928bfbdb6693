import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { QueryBar } from '../list/query-bar.js'
import { clearTraces, openFiles } from '../state/actions.js'
import { connection, heldCount, isPaused, runState } from '../state/live.js'
import { follow, location, type View } from '../state/location.js'
import { theme, toggleTheme } from '../state/theme.js'
import { colourClass } from './colours.js'
import { isHelpOpen } from './key-help.js'
import { counted, grouped } from './format.js'
import { isNarrow } from './screen.js'

/** On a telephone the views and tools are behind one button: the rows need the room. */
const isMenuOpen = signal(false)

export function Header(): JSX.Element {
  const { name } = location.value.view
  useEffect(() => {
    isMenuOpen.value = false
  }, [name])
  const isShown = !isNarrow.value || isMenuOpen.value
  return (
    <header class="top">
      {isNarrow.value && (
        <button
          type="button"
          aria-label="Views and tools"
          aria-expanded={isMenuOpen.value}
          onClick={() => {
            isMenuOpen.value = !isMenuOpen.value
          }}
        >
          ☰
        </button>
      )}
      <a class="brand" {...follow({ view: { name: 'list' } })}>
        spanwright
      </a>
      <LiveState />
      {isShown && (
        <nav aria-label="Views">
          <ViewLink view={{ name: 'list' }} label="Traces" />
          <ViewLink view={{ name: 'map' }} label="Map" />
          <ViewLink view={{ name: 'flame' }} label="Flame" />
        </nav>
      )}
      {!isNarrow.value && <Services />}
      <QueryBar />
      {isShown && <Tools />}
    </header>
  )
}

function ViewLink({ view, label }: { readonly view: View; readonly label: string }): JSX.Element {
  const { view: current, query, brush } = location.value
  const keeps = current.name === 'trace' || current.name === 'compare' ? {} : { query, brush }
  return (
    <a {...follow({ view, ...keeps })} aria-current={current.name === view.name ? 'page' : undefined}>
      {label}
    </a>
  )
}

const STATES = { connecting: 'connecting', live: 'live', lost: 'not connected' } as const

function LiveState(): JSX.Element {
  const state = isPaused.value ? 'paused' : STATES[connection.value]
  const { counts } = runState.value
  const title =
    `${counted(counts.traces, 'trace')}, ${counted(counts.spans, 'span')}` +
    (counts.evictedTraces > 0 ? `; ${grouped(counts.evictedTraces)} older traces went to make room` : '')
  return (
    <button
      type="button"
      class={`live ${state.replace(' ', '-')}`}
      title={title}
      aria-pressed={isPaused.value}
      aria-label={`${state}; pause the list`}
      onClick={() => {
        isPaused.value = !isPaused.value
      }}
    >
      <span class="dot" aria-hidden="true" />
      {state}
      {isPaused.value && heldCount.value > 0 ? ` (${heldCount.value} new)` : ''}
    </button>
  )
}

function Services(): JSX.Element {
  return (
    <ul class="services" aria-label="Services">
      {runState.value.services.slice(0, 8).map((service) => (
        <li key={service}>
          <span class={`swatch ${colourClass(service)}`} aria-hidden="true" />
          {service}
        </li>
      ))}
    </ul>
  )
}

function Tools(): JSX.Element {
  const file = useRef<HTMLInputElement>(null)
  return (
    <div class="tools">
      <input
        ref={file}
        type="file"
        multiple
        hidden
        aria-label="Trace files"
        onChange={(event) => {
          void openFiles([...(event.currentTarget.files ?? [])])
          event.currentTarget.value = ''
        }}
      />
      <button
        type="button"
        title="Open a trace file: OTLP JSON, Jaeger JSON, Zipkin v2"
        onClick={() => file.current?.click()}
      >
        Open
      </button>
      <button type="button" title="Remove all traces (x)" onClick={() => void clearTraces()}>
        Clear
      </button>
      <button
        type="button"
        title="Dark or light (t)"
        aria-label={`${theme.value}: change the theme`}
        onClick={toggleTheme}
      >
        {theme.value === 'dark' ? '☾' : '☀'}
      </button>
      <button
        type="button"
        title="Keys (?)"
        aria-label="Keys"
        onClick={() => {
          isHelpOpen.value = true
        }}
      >
        ?
      </button>
    </div>
  )
}
