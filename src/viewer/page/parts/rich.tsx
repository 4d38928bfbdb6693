import type { JSX } from 'preact'

/** A sentence with `names in backticks` and **what matters**, all as text: nothing of it is read as HTML. */
export function Rich({ text }: { readonly text: string }): JSX.Element {
  return (
    <>
      {text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part, index) => {
        if (part.length > 2 && part.startsWith('`') && part.endsWith('`'))
          return <code key={index}>{part.slice(1, -1)}</code>
        if (part.length > 4 && part.startsWith('**') && part.endsWith('**'))
          return <b key={index}>{part.slice(2, -2)}</b>
        return part
      })}
    </>
  )
}
