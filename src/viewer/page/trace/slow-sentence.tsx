import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { WireSlow } from '../../serve/wire.js'
import { Rich } from '../parts/rich.js'
import { useAnswer } from '../parts/use-answer.js'
import { jumpTo } from './jump.js'

/** Why this one is slow, against others of its kind; silent where it is not. */
export function SlowSentence({ traceId }: { readonly traceId: string }): JSX.Element | null {
  const [isLater, setIsLater] = useState(false)
  // Many traces are looked at for it: the waterfall comes first.
  useEffect(() => {
    const timer = setTimeout(() => {
      setIsLater(true)
    }, 300)
    return () => {
      clearTimeout(timer)
    }
  }, [])
  return isLater ? <Sentence traceId={traceId} /> : null
}

function Sentence({ traceId }: { readonly traceId: string }): JSX.Element | null {
  const { value } = useAnswer<WireSlow>(`/api/traces/${traceId}/slow`)
  if (!value?.isUnusual) return null
  const span = value.parts[0]?.spanIds[0]
  return (
    <p class="slow">
      <span>
        <Rich text={value.sentence} />
      </span>
      {span !== undefined && (
        <button
          type="button"
          onClick={() => {
            jumpTo(span)
          }}
        >
          jump
        </button>
      )}
    </p>
  )
}
