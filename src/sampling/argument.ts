import type { NamedOptions } from './named.js'

/**
 * The options in OTEL_TRACES_SAMPLER_ARG: `0.1` or a path sets the sampler's main option, `ratio=0.05,slowMillis=500` each
 * by its name. Numbers and booleans are read as such, all else stays text, for the sampler to check.
 */
export function optionsInArgument(text: string, mainOption: string | undefined): NamedOptions {
  if (mainOption !== undefined && !/^\s*\w+=/.test(text)) return { [mainOption]: valueOf(text.trim()) }
  const pairs = text.split(',').map((pair): [string, unknown] => {
    const equals = pair.indexOf('=')
    return equals < 0 ? [pair.trim(), ''] : [pair.slice(0, equals).trim(), valueOf(pair.slice(equals + 1).trim())]
  })
  return Object.fromEntries(pairs.filter(([name]) => name !== ''))
}

function valueOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return text !== '' && !Number.isNaN(Number(text)) ? Number(text) : text
}
