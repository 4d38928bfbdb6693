import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { CompareView } from './compare/compare-view.js'
import { FlameView } from './flame/flame-view.js'
import { ListView } from './list/list-view.js'
import { MapView } from './map/map-view.js'
import { Header } from './parts/header.js'
import { isHelpOpen, KeyHelp } from './parts/key-help.js'
import { useKeys } from './parts/keys.js'
import { NoticeLine } from './parts/notice-line.js'
import { clearTraces, openFiles } from './state/actions.js'
import { location } from './state/location.js'
import { toggleTheme } from './state/theme.js'
import { TraceView } from './trace/trace-view.js'

export function App(): JSX.Element {
  useKeys({
    t: toggleTheme,
    x: () => void clearTraces(),
    '?': () => {
      isHelpOpen.value = !isHelpOpen.value
    },
    '/': () => document.querySelector<HTMLInputElement>('#query')?.focus(),
  })
  useEffect(acceptFiles, [])
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Header />
      <main id="content" tabIndex={-1}>
        <CurrentView />
      </main>
      <NoticeLine />
      {isHelpOpen.value && <KeyHelp />}
    </>
  )
}

function CurrentView(): JSX.Element {
  const { view } = location.value
  switch (view.name) {
    case 'list':
      return <ListView />
    case 'map':
      return <MapView />
    case 'flame':
      return <FlameView />
    case 'trace':
      return <TraceView key={view.traceId} traceId={view.traceId} part={view.part} />
    case 'compare':
      return <CompareView a={view.a} b={view.b} />
  }
}

/** Trace files that are dropped anywhere on the page are opened. */
function acceptFiles(): () => void {
  const over = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes('Files')) event.preventDefault()
  }
  const drop = (event: DragEvent): void => {
    const files = event.dataTransfer?.files
    if (!files || files.length === 0) return
    event.preventDefault()
    void openFiles([...files])
  }
  document.addEventListener('dragover', over)
  document.addEventListener('drop', drop)
  return () => {
    document.removeEventListener('dragover', over)
    document.removeEventListener('drop', drop)
  }
}
