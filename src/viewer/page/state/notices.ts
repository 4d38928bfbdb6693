import { signal, type ReadonlySignal } from '@preact/signals'

export interface Notice {
  readonly text: string
  readonly action?: { readonly label: string; readonly run: () => void }
}

const current = signal<Notice | undefined>(undefined)
/** The one line at the bottom that says what has just happened. */
export const notice: ReadonlySignal<Notice | undefined> = current
let timer: ReturnType<typeof setTimeout> | undefined

export function notify(text: string, action?: Notice['action'], millis: number = action ? 10_000 : 4000): void {
  current.value = action ? { text, action } : { text }
  clearTimeout(timer)
  timer = setTimeout(() => {
    current.value = undefined
  }, millis)
}

export function dismiss(): void {
  clearTimeout(timer)
  current.value = undefined
}
