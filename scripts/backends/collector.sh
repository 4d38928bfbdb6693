#!/usr/bin/env bash
# An OpenTelemetry Collector of the components that the tests and `spanwright collector-config` use. Cold: about 11 minutes on two
# cores, and 1.5 GB in Go's own caches; the program is 81 MB.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ ! -x "$(program collector)" ] || exit 0
version=$(version_of collector)
# The version of the collector's stable modules in the same release.
stable=1.67.0
core=go.opentelemetry.io/collector
contrib=github.com/open-telemetry/opentelemetry-collector-contrib
work=$cache/collector
mkdir -p "$work"
cd "$work"

list() { # list KIND MODULE…
  echo "$1:"
  for module in "${@:2}"; do echo "  - gomod: $module v$version"; done
}
{
  echo "dist: { name: otelcol, output_path: ./build, version: $version }"
  list extensions "$contrib"/extension/{healthcheckextension,storage/filestorage}
  list receivers $core/receiver/otlpreceiver $contrib/receiver/zipkinreceiver
  list processors $core/processor/{batchprocessor,memorylimiterprocessor} \
    $contrib/processor/{tailsamplingprocessor,probabilisticsamplerprocessor}
  list exporters $core/exporter/{debugexporter,otlpexporter,otlphttpexporter} \
    $contrib/exporter/{fileexporter,loadbalancingexporter,zipkinexporter,prometheusexporter}
  list connectors $contrib/connector/spanmetricsconnector
  version=$stable list providers $core/confmap/provider/{fileprovider,envprovider,yamlprovider}
  # load_balancing names a release of this module that can't be had everywhere.
  discovery=github.com/aws/aws-sdk-go-v2/service/servicediscovery
  printf 'replaces:\n  - %s => %s v1.40.2\n' $discovery $discovery
} >manifest.yaml

builder=$bin/builder-$version
if [ ! -x "$builder" ]; then
  nice -n 19 env GOTOOLCHAIN=local GOBIN="$work" go install -p 2 "$core/cmd/builder@v$version"
  mv builder "$builder"
fi
nice -n 19 env GOTOOLCHAIN=local "$builder" --config manifest.yaml --skip-compilation
cd build
go_build collector .
