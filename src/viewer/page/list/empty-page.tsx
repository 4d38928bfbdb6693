import type { JSX } from 'preact'
import { copyText } from '../parts/clipboard.js'
import { runState } from '../state/live.js'
import { notify } from '../state/notices.js'

/** What to copy where nothing has arrived yet, and what has knocked so far. */
export function EmptyPage(): JSX.Element {
  const { origin } = window.location
  const lines = [
    ['Node.js', 'npx spanwright view -- node app.js', ''],
    ['any app', `OTEL_EXPORTER_OTLP_ENDPOINT=${origin}`, '(gRPC: the same port, or 4317)'],
    ['nothing?', 'npx spanwright doctor -- node app.js', ''],
  ] as const
  const { refused } = runState.value
  return (
    <section class="empty" aria-labelledby="empty-title">
      <h1 id="empty-title">No trace has arrived yet</h1>
      <p>This page shows them as they come. Start your app in one of these ways:</p>
      <dl>
        {lines.map(([label, command, note]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <code>{command}</code> {note}
              <button type="button" aria-label={`Copy: ${command}`} onClick={() => void copy(command)}>
                Copy
              </button>
            </dd>
          </div>
        ))}
      </dl>
      <p>
        Or drop a trace file here: OTLP JSON or JSON lines, Jaeger JSON, Zipkin v2. Nothing on this page leaves your
        machine.
      </p>
      {refused.length > 0 && (
        <>
          <h2>What has knocked so far</h2>
          <ul>
            {refused.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

async function copy(text: string): Promise<void> {
  notify((await copyText(text)) ? 'Copied' : 'The browser does not let this page copy')
}
