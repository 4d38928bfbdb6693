import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

interface Asset {
  readonly type: string
  /** As it is stored: gzipped. */
  readonly bytes: Buffer
  readonly etag: string
}

export type Assets = ReadonlyMap<string, Asset>

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
}

/** The page as the build left it: each file gzipped once, which is how it is stored and how it is sent. */
export function readAssets(folder: string): Assets {
  const assets = new Map<string, Asset>()
  for (const file of readdirSync(folder)) {
    const name = /^(.+\.(html|js|css))\.gz$/.exec(file)
    const type = TYPES[name?.[2] ?? '']
    if (!name?.[1] || type === undefined) continue
    const bytes = readFileSync(join(folder, file))
    assets.set(name[1], {
      type,
      bytes,
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    })
  }
  return assets
}

/** Answers with a file of the page. False where there is none of that name. */
export function sendAsset(assets: Assets, name: string, request: IncomingMessage, response: ServerResponse): boolean {
  const asset = assets.get(name)
  if (!asset) return false
  response.setHeader('etag', asset.etag)
  response.setHeader('cache-control', 'no-cache')
  response.setHeader('vary', 'accept-encoding')
  if (request.headers['if-none-match'] === asset.etag) {
    response.writeHead(304).end()
    return true
  }
  response.setHeader('content-type', asset.type)
  const acceptsGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
  if (acceptsGzip) response.setHeader('content-encoding', 'gzip')
  const body = acceptsGzip ? asset.bytes : gunzipSync(asset.bytes)
  response.writeHead(200, { 'content-length': body.length }).end(request.method === 'HEAD' ? undefined : body)
  return true
}
