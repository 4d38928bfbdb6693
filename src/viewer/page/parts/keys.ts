import { useLayoutEffect, useRef } from 'preact/hooks'

export type Keys = Readonly<Record<string, () => void>>

/** The views that listen, the one on top last. */
interface Layer {
  keys: Keys
  isModal: boolean
}

const layers: Layer[] = []

/**
 * Keys of a view, while it is there. The view that came last is asked first; a dialog hears all keys.
 * They are named as `KeyboardEvent.key` names them: `j`, `Enter`, `ArrowDown`, `E` with shift.
 */
export function useKeys(keys: Keys, isModal = false): void {
  const { current: layer } = useRef<Layer>({ keys, isModal })
  layer.keys = keys
  layer.isModal = isModal
  // Once for each view, and before the browser paints: a view that is drawn again stays below the menu that is open over it, and
  // a key that follows the one that opened the menu is the menu's.
  useLayoutEffect(() => {
    layers.push(layer)
    return () => {
      layers.splice(layers.indexOf(layer), 1)
    }
  }, [layer])
}

export function startKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (isTyping(event.target) && event.key !== 'Escape') return
    // A button or link in focus has Enter and the space bar for itself.
    if ((event.key === 'Enter' || event.key === ' ') && isControl(event.target)) return
    for (const { keys, isModal } of layers.toReversed()) {
      const run = keys[event.key]
      if (run) {
        event.preventDefault()
        run()
        return
      }
      if (isModal) return
    }
  })
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('button, a, summary')
}
