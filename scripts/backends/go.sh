#!/usr/bin/env bash
# A service in Go, net/http traced by OpenTelemetry Go: 36 s.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ ! -x "$(program go)" ] || exit 0
cd "$recipes/../../examples/polyglot/go-service"
go_build go .
