import type { JSX } from 'preact'
import type { WireDifference } from '../../serve/wire.js'
import { grouped } from '../parts/format.js'
import { useAnswer } from '../parts/use-answer.js'
import { amend, location } from '../state/location.js'
import { termOf, withTerm } from '../state/query-text.js'

/** What a brushed group of traces has in common that the others have not. */
export function DifferencePanel(): JSX.Element | null {
  const { query, brush } = location.value
  if (!brush && !query.includes('trace.duration')) return null
  const parameters = new URLSearchParams({ q: query })
  if (brush) parameters.set('t', `${Math.round(brush[0])}-${Math.round(brush[1])}`)
  return <Difference path={`/api/difference?${parameters}`} />
}

const MOST_LINES = 6

function Difference({ path }: { readonly path: string }): JSX.Element | null {
  const { value } = useAnswer<WireDifference>(path)
  if (!value) return null
  const { selected, others, lines } = value
  return (
    <div class="difference">
      <h3>
        {grouped(selected)} selected, against {grouped(others)} others
      </h3>
      {lines.length === 0 ? (
        <p class="none">
          {selected < 5 || others === 0
            ? 'To compare takes five selected traces, and others beside them.'
            : 'Nothing that they have in common sets them apart.'}
        </p>
      ) : (
        <table>
          <thead class="off-screen">
            <tr>
              <th>attribute</th>
              <th>selected</th>
              <th>others</th>
            </tr>
          </thead>
          <tbody>
            {lines.slice(0, MOST_LINES).map((line) => (
              <tr key={`${line.key} ${line.value}`}>
                <th scope="row">
                  <button
                    type="button"
                    title="Filter by it"
                    onClick={() => {
                      amend({ query: withTerm(location.peek().query, termOf(line.key, '=', line.value)) })
                    }}
                  >
                    <code>
                      {line.key} = {line.value}
                    </code>
                  </button>
                </th>
                <td>
                  <Share count={line.selected} of={line.ofSelected} />
                </td>
                <td>
                  <Share count={line.others} of={line.ofOthers} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}

/** Never a probability: the counts, of which everybody can see how few they are. */
function Share({ count, of }: { readonly count: number; readonly of: number }): JSX.Element {
  return (
    <span class="share">
      <span class="meter" aria-hidden="true">
        <span style={{ width: `${(count / (of || 1)) * 100}%` }} />
      </span>
      {grouped(count)} of {grouped(of)}
    </span>
  )
}
