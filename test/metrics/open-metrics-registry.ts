import { Registry, type OpenMetricsContentType } from 'prom-client'

export type OpenMetricsRegistry = Registry<OpenMetricsContentType>

export function openMetricsRegistry(): OpenMetricsRegistry {
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  return registry
}
