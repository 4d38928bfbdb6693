import { warnOfError } from '../../internal/diagnostics/diagnostics.js'

const FAILED = 'a sampler could not be closed'

/** A sampler that holds others: closing it closes them. */
export abstract class HoldingSampler {
  heldSamplers: readonly object[]

  constructor(...held: readonly object[]) {
    this.heldSamplers = held
  }

  /** Ends what it does by itself, but not what those do that it holds. */
  stopItself(): void {
    // Most do nothing by themselves.
  }

  close(): void {
    closeSampler(this)
  }
}

/**
 * Ends what a sampler, and each that it holds, does by itself, such as watching a file. One that fails is logged, and
 * the others are closed all the same.
 *
 * @param next takes over: it stays open, and so does what it holds
 */
export function closeSampler(sampler: object, next?: object): void {
  const staysOpen = new Set<object>()
  if (next) forEachOf(next, staysOpen, () => undefined)
  forEachOf(sampler, staysOpen, stop)
}

/** @param seen those that are left out; each is seen once, however many hold it */
function forEachOf(sampler: object, seen: Set<object>, visit: (sampler: object) => void): void {
  if (seen.has(sampler)) return
  seen.add(sampler)
  visit(sampler)
  for (const held of heldBy(sampler)) forEachOf(held, seen, visit)
}

function heldBy(sampler: Partial<HoldingSampler>): readonly object[] {
  try {
    if (sampler.heldSamplers) return sampler.heldSamplers
    // OpenTelemetry's ParentBasedSampler has no way to close it, nor have its composable samplers.
    return isClosable(sampler) ? [] : Object.values(sampler).filter(isSampler)
  } catch (error) {
    warnOfError(FAILED, error)
    return []
  }
}

const isClosable = (sampler: { close?: unknown }): sampler is { close: () => unknown } =>
  typeof sampler.close === 'function'

function isSampler(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const { shouldSample, getSamplingIntent } = value as Record<string, unknown>
  return typeof shouldSample === 'function' || typeof getSamplingIntent === 'function'
}

function stop(sampler: Partial<HoldingSampler>): void {
  try {
    if (sampler.stopItself) sampler.stopItself()
    else if (isClosable(sampler))
      void Promise.resolve(sampler.close()).catch((error: unknown) => warnOfError(FAILED, error))
  } catch (error) {
    warnOfError(FAILED, error)
  }
}
