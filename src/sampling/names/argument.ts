import type { NamedOptions } from './registry.js'

/**
 * The options in OTEL_TRACES_SAMPLER_ARG: `0.1` or a path sets the sampler's main option, `ratio=0.05,slowMillis=500` each
 * by its name. Numbers, booleans and, of a ratio, percentages are read as such, all else stays text, for the sampler to check.
 */
export function optionsInArgument(text: string, mainOption: string | undefined): NamedOptions {
  if (mainOption !== undefined && !/^\s*\w+=/.test(text)) return { [mainOption]: valueOf(mainOption, text.trim()) }
  const pairs = text.split(',').map((pair): [string, unknown] => {
    const equals = pair.indexOf('=')
    const name = (equals < 0 ? pair : pair.slice(0, equals)).trim()
    return [name, equals < 0 ? '' : valueOf(name, pair.slice(equals + 1).trim())]
  })
  return Object.fromEntries(pairs.filter(([name]) => name !== ''))
}

function valueOf(name: string, text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  const percent = /ratio$/i.test(name) ? /^(\d+(?:\.\d+)?)\s*%$/.exec(text)?.[1] : undefined
  if (percent !== undefined) return Number(percent) / 100
  return text !== '' && !Number.isNaN(Number(text)) ? Number(text) : text
}
