import { fileURLToPath } from 'node:url'

/** An installed package, as a path or URL of one of its files shows it. */
export interface PackageFolder {
  readonly name: string
  /** A path. */
  readonly folder: string
}

/** Undefined for a file that lies in no `node_modules`. */
export function packageFolderOf(pathOrUrl: string): PackageFolder | undefined {
  const path = pathOf(pathOrUrl)
  const match = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)(?=[\\/])/.exec(path)
  return match?.[1] === undefined ? undefined : { name: match[1].replace('\\', '/'), folder: match[0] }
}

/** A `file:` URL as a path; a path as it is. */
export function pathOf(pathOrUrl: string): string {
  return pathOrUrl.startsWith('file:') ? fileURLToPath(pathOrUrl) : pathOrUrl
}
