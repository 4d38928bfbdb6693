import { flatText, numberOf } from '../../attributes.js'
import type { SpanNode } from '../../span-node.js'
import type { Detector, FoundThing } from '../facts.js'
import { placeOf, quoted } from '../words.js'

const LARGE_BYTES = 300_000
const WARNING_BYTES = 1_000_000
const LARGE_ATTRIBUTE = 16_384
const RESPONSE_SIZES = [
  'http.response.body.size',
  'http.response_content_length',
  'http.response_content_length_uncompressed',
]
const REQUEST_SIZES = [
  'http.request.body.size',
  'http.request_content_length',
  'http.request_content_length_uncompressed',
]
const DOWNLOAD = /^(video|audio|image|font)\/|octet-stream|application\/(pdf|zip|gzip|x-tar)|text\/csv/i

/** Bodies and attributes that are larger than somebody reads. */
export const payload: Detector = (facts) => {
  const found = facts.analysis.nodes.flatMap((node) => [...body(node), ...attribute(node)])
  const alike = Map.groupBy(found, ({ key, nodes }) => `${nodes[0]?.span.resource.service ?? ''}\n${key}`)
  return Array.from(alike.values(), (same) => {
    const [largest] = same.sort((a, b) => b.bytes - a.bytes)
    if (largest === undefined) throw new Error('nothing was found')
    const { bytes: _bytes, sentence, ...rest } = largest
    const times = same.length === 1 ? '' : ` (the largest of ${same.length})`
    return facts.finding({
      ...rest,
      sentence: `${sentence}${times}.`,
      count: same.length,
      nodes: same.flatMap(({ nodes }) => nodes),
    })
  })
}

type Found = FoundThing & { readonly bytes: number }

function body(node: SpanNode): Found[] {
  const { attributes } = node.span
  // The server's span says the same as its client's, and whose it is.
  if (node.span.kind === 'client' && node.children.some(({ span }) => span.kind === 'server')) return []
  const answered = numberOf(attributes, ...RESPONSE_SIZES) ?? 0
  const sent = numberOf(attributes, ...REQUEST_SIZES) ?? 0
  const bytes = Math.max(answered, sent)
  if (bytes < LARGE_BYTES || isDownload(node)) return []
  const what =
    node.span.kind === 'client'
      ? answered >= sent
        ? 'got an answer'
        : 'sent a body'
      : answered >= sent
        ? 'answered with'
        : 'was sent'
  return [
    {
      id: 'payload',
      level: bytes >= WARNING_BYTES ? 'warning' : 'info',
      confidence: 'certain',
      key: `${node.span.name}\nbody`,
      nodes: [node],
      bytes,
      sentence: `${placeOf(node)} ${what}${node.span.kind === 'client' ? ' of' : ''} ${sizeText(bytes)}`,
      advice: 'Pages, or only the fields that are needed, make it smaller.',
    },
  ]
}

function isDownload({ span }: SpanNode): boolean {
  const header = (name: string): string => {
    const value =
      span.attributes[`http.response.header.${name}`] ??
      span.attributes[`http.response.header.${name.replaceAll('-', '_')}`]
    return Array.isArray(value) ? value.join() : typeof value === 'string' ? value : ''
  }
  return header('content-disposition') !== '' || DOWNLOAD.test(header('content-type'))
}

function attribute(node: SpanNode): Found[] {
  const large = Object.entries(node.span.attributes).find(
    ([, value]) => typeof value === 'string' && value.length >= LARGE_ATTRIBUTE,
  )
  if (large === undefined) return []
  const [key, value] = large
  return [
    {
      id: 'payload',
      level: 'info',
      confidence: 'certain',
      key: `${node.span.name}\n${key}`,
      nodes: [node],
      bytes: flatText(value).length,
      sentence: `The attribute ${quoted(key)} of ${placeOf(node)} is ${sizeText(flatText(value).length)} long: it is sent, stored and paid for with each span`,
      advice: 'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT cuts it.',
    },
  ]
}

function sizeText(bytes: number): string {
  return bytes >= 1_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${Math.round(bytes / 1_000)} kB`
}
