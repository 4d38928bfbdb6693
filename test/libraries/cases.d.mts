interface LibraryCase {
  /** What has to be there. */
  readonly server?: 'MARIADB' | 'MEMCACHED' | 'POSTGRES' | 'RABBITMQ' | 'REDIS'
  /** What is made as traces of their own, by all forms together. */
  readonly roots?: readonly string[]
  /** Another library that it uses, whose spans are not asked about here. */
  readonly besides?: string
  /** What can be imported of it. Default: both. */
  readonly forms?: readonly string[]
  /** What is made, but for requests, by each form. */
  readonly spans: readonly string[]
}
export declare const CASES: Readonly<Record<string, LibraryCase>>
