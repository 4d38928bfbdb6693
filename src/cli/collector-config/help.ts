import { BACKEND_NAMES } from './backends.js'
import { POLICY_FORMS } from './policies.js'
import { NEWEST_CHECKED } from './version.js'

// eslint-disable-next-line @typescript-eslint/no-inferrable-types -- isolatedDeclarations wants the type of a template
export const COLLECTOR_CONFIG_HELP: string = `Usage: spanwright collector-config [options] > collector.yaml

Writes a commented configuration of the OpenTelemetry Collector (its contrib distribution) that fits the service: its ports,
TLS, delays and signals are read from the environment and the configuration file of this shell, as the SDK reads them.

  spanwright collector-config --backend jaeger                    one collector: keeps whole traces, sends them to Jaeger
  spanwright collector-config --tier agent                        beside each service: spreads traces over the gateways
  spanwright collector-config --tier gateway --backend tempo      decides about whole traces, of all services

Options
  --tier TIER                agent or gateway; without it one collector does both
  --backend NAME             ${BACKEND_NAMES.join(', ')}
                             (default otlp); again for more than one
  --policy POLICY            which traces are kept, again for each: ${POLICY_FORMS}
                             (default errors, slow=1s, rest=10%)
  --gateways LIST            for agents: host:port,host:port, or dns:host:port
                             (default gateway-0:4317,gateway-1:4317)
  --collector-version V      for which release (default ${NEWEST_CHECKED}): components have had other names before

  -h, --help                 this text

Exit status: 0 fine, 2 a wrong command line.
`
