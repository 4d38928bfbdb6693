import type { ReceivedSpanKind, ReceivedStatus } from '../model/received-span.js'

/** What a key is compared as. `text` keys take every value, `count` keys numbers, `duration` keys a number with a unit. */
export type KeyType = 'text' | 'count' | 'duration' | 'choice' | 'services'

export interface BuiltInKey {
  readonly name: string
  /** Trace keys are the same for all spans of a trace. */
  readonly isOfTrace: boolean
  readonly type: KeyType
  readonly choices?: readonly string[]
  readonly description: string
}

const STATUSES: readonly ReceivedStatus[] = ['error', 'ok', 'unset']
const KINDS: readonly ReceivedSpanKind[] = ['server', 'client', 'internal', 'producer', 'consumer', 'unspecified']

/** All other keys are attributes: of the span, its events, or its resource. */
export const BUILT_IN_KEYS: readonly BuiltInKey[] = [
  { name: 'service', isOfTrace: false, type: 'text', description: 'the service that sent the span' },
  { name: 'name', isOfTrace: false, type: 'text', description: "the span's name" },
  { name: 'kind', isOfTrace: false, type: 'choice', choices: KINDS, description: KINDS.join(', ') },
  { name: 'status', isOfTrace: false, type: 'choice', choices: STATUSES, description: STATUSES.join(', ') },
  { name: 'duration', isOfTrace: false, type: 'duration', description: "the span's duration: duration>200ms" },
  { name: 'self', isOfTrace: false, type: 'duration', description: 'its time without what it waited for: self>50ms' },
  { name: 'trace', isOfTrace: true, type: 'text', description: 'the trace id, or how it begins' },
  { name: 'trace.duration', isOfTrace: true, type: 'duration', description: 'how long the main root took' },
  { name: 'spans', isOfTrace: true, type: 'count', description: 'how many spans the trace has: spans>100' },
  { name: 'services', isOfTrace: true, type: 'services', description: 'how many services it crosses, or one of them' },
  { name: 'root', isOfTrace: true, type: 'text', description: "the main root's name" },
  { name: 'finding', isOfTrace: true, type: 'text', description: 'what was found: finding:n+1, finding:warning' },
  {
    name: 'run',
    isOfTrace: true,
    type: 'text',
    description: 'when the viewer was started that it arrived in: run:2026-11-30*',
  },
]

const BY_NAME = new Map(BUILT_IN_KEYS.map((key) => [key.name, key]))

export function builtInKey(name: string): BuiltInKey | undefined {
  return BY_NAME.get(name)
}
