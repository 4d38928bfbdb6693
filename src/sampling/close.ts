import type { Sampler } from '@opentelemetry/sdk-trace'
import { messageOf, warnOnce } from '../internal/diagnostics.js'

/** Ends what a sampler does by itself, such as watching a file. One that fails is told; whoever closes goes on. */
export function closeSampler(sampler: Sampler & { close?: () => void }): void {
  try {
    sampler.close?.()
  } catch (error) {
    warnOnce(`sampler close ${messageOf(error)}`, `a sampler could not be closed: ${messageOf(error)}`)
  }
}
