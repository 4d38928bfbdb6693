/** The newest release whose `validate` accepted every file. */
export const NEWEST_CHECKED = '0.161.0'

/** The first one that knows `${env:NAME:-default}` in all places. */
const OLDEST_MINOR = 110

export interface CollectorVersion {
  /** 161 of 0.161.0. */
  readonly minor: number
  readonly text: string
}

/** @throws Error with a message for the user */
export function versionFrom(text: string): CollectorVersion {
  const match = /^v?0\.(\d{2,3})(?:\.(\d{1,2}))?$/.exec(text)
  const minor = Number(match?.[1])
  if (!match || minor < OLDEST_MINOR) {
    throw new Error(
      `--collector-version must be 0.${OLDEST_MINOR}.0 or newer, such as ${NEWEST_CHECKED}, got "${text}"`,
    )
  }
  return { minor, text: `0.${minor}.${match[2] ?? '0'}` }
}

/** Component, the release that named it so, and its name before. The old names still work in 0.161.0, with a warning. */
const RENAMED = {
  otlp_grpc: [144, 'otlp'],
  otlp_http: [144, 'otlphttp'],
  span_metrics: [151, 'spanmetrics'],
  load_balancing: [153, 'loadbalancing'],
} as const

/** The name of a component in a release. */
export function componentName(component: keyof typeof RENAMED, { minor }: CollectorVersion): string {
  const [since, before] = RENAMED[component]
  return minor >= since ? component : before
}
