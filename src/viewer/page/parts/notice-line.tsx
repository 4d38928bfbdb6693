import type { JSX } from 'preact'
import { dismiss, notice } from '../state/notices.js'

export function NoticeLine(): JSX.Element {
  const current = notice.value
  return (
    <div class="notice" role="status" hidden={!current}>
      {current && (
        <>
          <span>{current.text}</span>
          {current.action && (
            <button
              type="button"
              onClick={() => {
                current.action?.run()
                dismiss()
              }}
            >
              {current.action.label}
            </button>
          )}
          <button type="button" aria-label="Dismiss" onClick={dismiss}>
            ×
          </button>
        </>
      )}
    </div>
  )
}
