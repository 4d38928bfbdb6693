import type { Context } from '@opentelemetry/api'

/** What follows a result until it has come to its end. `succeed` and `fail` are called at most once in all. */
export interface Follower {
  /** The context in which work that the result starts later runs. */
  readonly active: Context
  succeed(value: unknown): void
  fail(error: unknown): void
}
