#!/usr/bin/env bash
# Jaeger, as a tool of a module made here, since `go install` refuses a module with replace directives. Cold: about 7 minutes on
# two cores; the program is 85 MB.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ ! -x "$(program jaeger)" ] || exit 0
# What Jaeger 2.13.0 is called as a Go module.
module_version=1.76.0
mkdir -p "$cache/jaeger"
cd "$cache/jaeger"
[ -f go.mod ] || GOTOOLCHAIN=local go mod init jaeger-program
GOTOOLCHAIN=local go get -tool "github.com/jaegertracing/jaeger/cmd/jaeger@v$module_version"
go_build jaeger github.com/jaegertracing/jaeger/cmd/jaeger
