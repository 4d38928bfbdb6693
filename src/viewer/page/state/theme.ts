import { signal, type ReadonlySignal } from '@preact/signals'

type Theme = 'dark' | 'light'

const KEY = 'spanwright.theme'
const system = matchMedia('(prefers-color-scheme: dark)')
const chosen = signal<Theme | undefined>(stored())
const current = signal<Theme>(chosen.value ?? ofSystem())
export const theme: ReadonlySignal<Theme> = current

function ofSystem(): Theme {
  return system.matches ? 'dark' : 'light'
}

function stored(): Theme | undefined {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'dark' || value === 'light' ? value : undefined
  } catch {
    return undefined
  }
}

function show(): void {
  document.documentElement.dataset.theme = chosen.value ?? ofSystem()
  current.value = chosen.value ?? ofSystem()
}

/** Dark and light by the system until the user chooses. */
export function startTheme(): void {
  system.addEventListener('change', show)
  show()
}

export function toggleTheme(): void {
  chosen.value = current.value === 'dark' ? 'light' : 'dark'
  try {
    localStorage.setItem(KEY, chosen.value)
  } catch {
    // A browser that keeps nothing: the choice holds for this page.
  }
  show()
}
