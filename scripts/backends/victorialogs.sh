#!/usr/bin/env bash
# VictoriaLogs, which takes logs over OTLP, as lines of JSON and by Loki's own API: 21 s, 16 MB.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ ! -x "$(program victorialogs)" ] || exit 0
mkdir -p "$cache/victorialogs"
cd "$cache/victorialogs"
[ -f go.mod ] || GOTOOLCHAIN=local go mod init victorialogs-program
package=github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs
GOTOOLCHAIN=local go get -tool "$package@v$(version_of victorialogs)"
go_build victorialogs "$package"
