import { signal, type ReadonlySignal } from '@preact/signals'

export type View =
  | { readonly name: 'list' }
  | { readonly name: 'map' }
  | { readonly name: 'flame' }
  | { readonly name: 'trace'; readonly traceId: string; readonly part: TracePart }
  | { readonly name: 'compare'; readonly a: string; readonly b: string }

export type TracePart = 'waterfall' | 'flame' | 'map'

/** What the address says: everything that a link can hand to somebody else. */
export interface Location {
  readonly view: View
  /** The filter of the list, or the search within a trace. */
  readonly query: string
  readonly span: string | undefined
  /** The brushed part of the scatter: from and to, in microseconds. */
  readonly brush: readonly [number, number] | undefined
}

const current = signal<Location>(read())
export const location: ReadonlySignal<Location> = current

function read(): Location {
  const { pathname, searchParams } = new URL(window.location.href)
  const [, first = '', second = ''] = pathname.split('/')
  const part = searchParams.get('view')
  const brush = /^(\d+)-(\d+)$/.exec(searchParams.get('t') ?? '')
  return {
    view:
      first === 't' && second !== ''
        ? { name: 'trace', traceId: second, part: part === 'flame' || part === 'map' ? part : 'waterfall' }
        : first === 'compare'
          ? { name: 'compare', a: searchParams.get('a') ?? '', b: searchParams.get('b') ?? '' }
          : { name: first === 'map' || first === 'flame' ? first : 'list' },
    query: searchParams.get('q') ?? '',
    span: searchParams.get('s') ?? undefined,
    brush: brush ? [Number(brush[1]), Number(brush[2])] : undefined,
  }
}

export function addressOf({ view, query, span, brush }: Location): string {
  const parameters = new URLSearchParams()
  if (view.name === 'compare') {
    parameters.set('a', view.a)
    parameters.set('b', view.b)
  }
  if (span !== undefined) parameters.set('s', span)
  if (query !== '') parameters.set('q', query)
  if (view.name === 'trace' && view.part !== 'waterfall') parameters.set('view', view.part)
  if (brush) parameters.set('t', `${Math.round(brush[0])}-${Math.round(brush[1])}`)
  const path = view.name === 'trace' ? `/t/${view.traceId}` : view.name === 'list' ? '/' : `/${view.name}`
  const text = parameters.toString()
  return text === '' ? path : `${path}?${text}`
}

/** Goes to a view: a new entry of the history. What is not named is as it is without a filter or selection. */
export function go(to: Partial<Location> & { readonly view: View }): void {
  const next: Location = { query: '', span: undefined, brush: undefined, ...to }
  const address = addressOf(next)
  if (address !== addressOf(current.value)) history.pushState(null, '', address)
  current.value = next
}

/** Changes a part of the address in place, so that "back" leads to the view before. */
export function amend(part: Partial<Location>): void {
  const next = { ...current.value, ...part }
  history.replaceState(null, '', addressOf(next))
  current.value = next
}

window.addEventListener('popstate', () => {
  current.value = read()
})

/** For links: a plain click stays on the page, and one with a key held opens a tab as ever. */
export function follow(to: Partial<Location> & { readonly view: View }): {
  href: string
  onClick: (event: MouseEvent) => void
} {
  return {
    href: addressOf({ query: '', span: undefined, brush: undefined, ...to }),
    onClick: (event) => {
      if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
      event.preventDefault()
      go(to)
    },
  }
}
