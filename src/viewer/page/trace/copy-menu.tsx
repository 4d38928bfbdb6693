import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { SpanNode } from '../../analysis/span-node.js'
import { curlOf } from '../../copy/curl.js'
import { markdownOf } from '../../copy/markdown.js'
import { traceparentOf } from '../../copy/traceparent.js'
import type { RowView } from '../../rows/row-view.js'
import { copyText } from '../parts/clipboard.js'
import { duration } from '../parts/format.js'
import { useKeys } from '../parts/keys.js'
import { get } from '../state/server.js'
import { notify } from '../state/notices.js'
import { wholeSpan } from '../state/whole-span.js'
import { analysis, findings, rowAt, rowCount } from '../state/open-trace.js'

const isOpen = signal(false)

export function openCopyMenu(): void {
  isOpen.value = true
}

interface Choice {
  readonly key: string
  readonly label: string
  readonly text: (node: SpanNode) => string | undefined | Promise<string | undefined>
}

const CHOICES: readonly Choice[] = [
  { key: 't', label: 'traceparent', text: ({ span }) => traceparentOf(span) },
  { key: 'u', label: 'curl', text: async (node) => curlOf(await wholeSpan(node)) ?? rootCurl() },
  { key: 'j', label: 'OTLP JSON', text: otlpOfTrace },
  { key: 'm', label: 'Markdown, without values', text: () => markdown(false) },
  { key: 'v', label: 'Markdown, with values', text: () => markdown(true) },
  { key: 'l', label: 'link', text: () => window.location.href },
]

export function CopyMenu({ node }: { readonly node: SpanNode | undefined }): JSX.Element {
  const close = (): void => {
    isOpen.value = false
  }
  return (
    <div class="menu">
      <button
        type="button"
        aria-haspopup="menu"
        aria-expanded={isOpen.value}
        title="Copy (y)"
        onClick={() => {
          isOpen.value = !isOpen.value
        }}
      >
        copy ▾
      </button>
      {isOpen.value && <Choices node={node} close={close} />}
    </div>
  )
}

function Choices({ node, close }: { readonly node: SpanNode | undefined; readonly close: () => void }): JSX.Element {
  const list = useRef<HTMLDivElement>(null)
  const copy = async ({ label, text }: Choice): Promise<void> => {
    close()
    if (!node) return
    const value = await text(node)
    if (value === undefined) notify('Its attributes do not say which URL was requested')
    else notify((await copyText(value)) ? `Copied: ${label}` : 'The browser does not let this page copy')
  }
  useKeys(
    { Escape: close, y: close, ...Object.fromEntries(CHOICES.map((choice) => [choice.key, () => void copy(choice)])) },
    true,
  )
  useEffect(() => {
    const before = document.activeElement
    list.current?.querySelector('button')?.focus()
    const away = (event: PointerEvent): void => {
      if (event.target instanceof Node && !list.current?.parentElement?.contains(event.target)) close()
    }
    document.addEventListener('pointerdown', away)
    return () => {
      document.removeEventListener('pointerdown', away)
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  const step = (by: number): void => {
    const items = [...(list.current?.querySelectorAll('button') ?? [])]
    const at = items.findIndex((item) => item === document.activeElement)
    items[(at + by + items.length) % items.length]?.focus()
  }
  return (
    <div
      ref={list}
      role="menu"
      aria-label="Copy"
      onKeyDown={(event) => {
        if (event.key === 'ArrowDown') step(1)
        else if (event.key === 'ArrowUp') step(-1)
        else return
        event.preventDefault()
        event.stopPropagation()
      }}
    >
      {CHOICES.map((choice) => (
        <button key={choice.key} type="button" role="menuitem" onClick={() => void copy(choice)}>
          {choice.label} <kbd>{choice.key}</kbd>
        </button>
      ))}
    </div>
  )
}

async function rootCurl(): Promise<string | undefined> {
  const root = analysis.peek()?.mainRoot
  return root && curlOf(await wholeSpan(root))
}

/** From the server, which has long values whole. */
async function otlpOfTrace({ span }: SpanNode): Promise<string> {
  return JSON.stringify(await get<object>(`/api/traces/${span.traceId}/otlp`), undefined, 2)
}

function markdown(hasValues: boolean): string | undefined {
  const trace = analysis.peek()
  if (!trace) return undefined
  const rows: RowView[] = []
  for (let index = 0; index < rowCount.peek(); index++) {
    const row = rowAt(index)
    if (row) rows.push(row)
  }
  return markdownOf({ analysis: trace, findings: findings.peek(), rows, duration, hasValues })
}
