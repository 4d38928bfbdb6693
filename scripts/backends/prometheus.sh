#!/usr/bin/env bash
# Prometheus 3, whose OTLP receiver Debian's 2.42 has not. Without service discovery and page: 3 minutes, 52 MB.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ ! -x "$(program prometheus)" ] || exit 0
# What Prometheus 3.16.0 is called as a Go module.
module_version=0.316.0
mkdir -p "$cache/prometheus"
cd "$cache/prometheus"
[ -f go.mod ] || GOTOOLCHAIN=local go mod init prometheus-program
package=github.com/prometheus/prometheus/cmd/prometheus
GOTOOLCHAIN=local go get -tool "$package@v$module_version"
GOFLAGS=-tags=remove_all_sd go_build prometheus "$package"
