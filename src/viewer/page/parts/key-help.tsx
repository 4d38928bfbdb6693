import { signal, type Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useKeys } from './keys.js'

export const isHelpOpen: Signal<boolean> = signal(false)

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['/', 'filter; within a trace: search'],
  ['j k ↓ ↑', 'next and previous row'],
  ['Enter', 'open'],
  ['Esc', 'back'],
  ['← →', 'fold and unfold a row'],
  ['e E', 'fold and unfold all'],
  ['n N', 'next and previous hit of the search'],
  ['[ ]', 'previous and next on the critical path'],
  ['.', 'next error'],
  ['+ − 0', 'zoom in, out, all'],
  ['a d', 'pan to the left and right'],
  ['w f m c', 'waterfall, flame, map, compare'],
  ['v', 'mark a trace; on another one: compare the two'],
  ['y', 'copy, then: t traceparent, u curl, j OTLP JSON, m Markdown, l link'],
  ['o', 'other reading of the critical path, where spans ran at once'],
  ['r', 'raw times, or with wrong clocks corrected'],
  ['p', 'pause the list'],
  ['x', 'remove all traces, with undo for ten seconds'],
  ['t', 'dark or light'],
  ['?', 'these keys'],
]

export function KeyHelp(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const close = (): void => {
    isHelpOpen.value = false
  }
  useEffect(() => {
    dialog.current?.showModal()
  }, [])
  useKeys({ '?': close, Escape: close }, true)
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={close}>
      <h2 id="help-title">Keys</h2>
      <dl>
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={close}>
        Close
      </button>
    </dialog>
  )
}
