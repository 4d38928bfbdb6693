import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { suggestions, type SeenKeys, type Suggestions } from '../../query/suggest.js'
import { queryProblem } from '../state/live.js'
import { amend, location } from '../state/location.js'
import { get } from '../state/server.js'
import { searchProblem } from '../state/search.js'

const NOTHING_SEEN: SeenKeys = { keys: [], values: {} }
const seenKeys = signal<SeenKeys>(NOTHING_SEEN)

/** So long nobody types before the query is asked. */
const PAUSE_MILLIS = 120

/** The one bar: filters the list, and searches within a trace. */
export function QueryBar(): JSX.Element {
  const { query, view } = location.value
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(query)
  const [offered, setOffered] = useState<Suggestions>()
  const [chosen, setChosen] = useState(-1)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const isSearch = view.name === 'trace'
  const problem = isSearch ? searchProblem.value : queryProblem.value

  // The address has changed by a link, a brush or "back".
  useEffect(() => {
    if (input.current && input.current !== document.activeElement) setText(query)
  }, [query])

  const ask = (value: string): void => {
    clearTimeout(timer.current)
    amend({ query: value.trim() })
  }
  const change = (value: string): void => {
    setText(value)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      ask(value)
    }, PAUSE_MILLIS)
    offer(value)
  }
  const offer = (value: string): void => {
    const next = suggestions(value, seenKeys.peek(), input.current?.selectionStart ?? value.length)
    setOffered(next.items.length > 0 ? next : undefined)
    setChosen(-1)
  }
  const accept = (index: number): void => {
    const item = offered?.items[index]
    if (!offered || !item) return
    const next = text.slice(0, offered.start) + item.text + text.slice(offered.end)
    const cursor = offered.start + item.text.length
    change(next)
    setOffered(undefined)
    requestAnimationFrame(() => input.current?.setSelectionRange(cursor, cursor))
  }
  const press = (event: KeyboardEvent): void => {
    const count = offered?.items.length ?? 0
    if (event.key === 'ArrowDown' && count > 0) setChosen((chosen + 1) % count)
    else if (event.key === 'ArrowUp' && count > 0) setChosen((chosen - 1 + count) % count)
    else if ((event.key === 'Enter' || event.key === 'Tab') && chosen >= 0) accept(chosen)
    else if (event.key === 'Enter') {
      ask(text)
      setOffered(undefined)
      document.querySelector<HTMLElement>('.rows')?.focus()
    } else if (event.key === 'Escape') {
      if (offered) setOffered(undefined)
      else input.current?.blur()
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div class="query">
      <div class="query-field">
        {problem && <Underline text={text} start={problem.start} end={problem.end} />}
        <input
          ref={input}
          id="query"
          type="text"
          role="combobox"
          spellcheck={false}
          autocomplete="off"
          value={text}
          placeholder={isSearch ? 'search in this trace' : 'service:orders status:error duration>200ms'}
          aria-label={isSearch ? 'Search in this trace' : 'Filter'}
          aria-expanded={offered !== undefined}
          aria-controls="suggestions"
          aria-autocomplete="list"
          aria-activedescendant={chosen >= 0 ? `suggestion-${chosen}` : undefined}
          aria-invalid={problem !== undefined}
          aria-describedby={problem ? 'query-problem' : undefined}
          onInput={(event) => {
            change(event.currentTarget.value)
          }}
          onKeyDown={press}
          onFocus={() => void loadKeys().then(() => input.current && offer(input.current.value))}
          onBlur={() => {
            setOffered(undefined)
          }}
        />
        {text !== '' && (
          <button
            type="button"
            class="clear"
            aria-label="Remove the filter"
            onClick={() => {
              setText('')
              ask('')
              amend({ brush: undefined })
            }}
          >
            ×
          </button>
        )}
        <kbd aria-hidden="true">/</kbd>
      </div>
      {problem && (
        <p id="query-problem" class="query-problem" role="alert">
          {problem.message}
        </p>
      )}
      <ul id="suggestions" role="listbox" aria-label="Suggestions" class="suggestions" hidden={!offered}>
        {offered?.items.map((item, index) => (
          <li
            key={item.text}
            id={`suggestion-${index}`}
            role="option"
            aria-selected={index === chosen}
            onPointerDown={(event) => {
              event.preventDefault()
              accept(index)
            }}
          >
            <b>{item.text}</b> <span>{item.description}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** What could not be read, underlined below the text of the field. */
function Underline({
  text,
  start,
  end,
}: {
  readonly text: string
  readonly start: number
  readonly end: number
}): JSX.Element {
  return (
    <div class="underline" aria-hidden="true">
      {text.slice(0, start)}
      <mark>{text.slice(start, Math.max(end, start + 1)) || ' '}</mark>
    </div>
  )
}

async function loadKeys(): Promise<void> {
  seenKeys.value = await get<SeenKeys>('/api/keys').catch(() => seenKeys.peek())
}
