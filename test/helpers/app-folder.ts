import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { REPOSITORY } from './traced-app.js'

export interface AppFolder extends AsyncDisposable {
  readonly path: string
}

export interface AppFolderOptions {
  /** Contents by path. */
  readonly files?: Readonly<Record<string, string>>
  /** Packages of the repository that the app has installed: links in its `node_modules`. This package always is one. */
  readonly packages?: readonly string[]
  /** What the folder's name ends with. */
  readonly name?: string
  /** False: nothing is installed, this package neither. */
  readonly linked?: boolean
}

/** The project of a user of the package, in a folder of its own that is gone afterwards. */
export async function appFolder({
  files = {},
  packages = [],
  name = 'app',
  linked = true,
}: AppFolderOptions): Promise<AppFolder> {
  // macOS has its temporary folder behind a link.
  const parent = await realpath(await mkdtemp(join(tmpdir(), 'spanwright-')))
  const path = join(parent, name)
  await mkdir(path)
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, file)), { recursive: true })
    await writeFile(join(path, file), content)
  }
  if (linked) await linkPackage(path, 'spanwright', REPOSITORY)
  for (const name of packages) await linkPackage(path, name)
  return { path, [Symbol.asyncDispose]: () => rm(parent, { recursive: true, force: true }) }
}

/** Installs a package into the `node_modules` of a folder: of the repository's, if nothing else is said. */
export async function linkPackage(folder: string, name: string, target?: string): Promise<void> {
  const link = join(folder, 'node_modules', name)
  await mkdir(dirname(link), { recursive: true })
  await symlink(target ?? join(REPOSITORY, 'node_modules', name), link, 'dir')
}
