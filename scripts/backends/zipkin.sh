#!/usr/bin/env bash
# Zipkin, one jar of 131 MB: 17 s.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
jar=$(program zipkin)
[ ! -f "$jar" ] || exit 0
part=$(mktemp -d "$cache/zipkin-XXXXXX")
trap 'rm -rf "$part"' EXIT
mvn -q -B dependency:copy "-Dartifact=io.zipkin:zipkin-server:$(version_of zipkin):jar:exec" "-DoutputDirectory=$part"
mkdir -p "$(dirname "$jar")"
mv "$part"/zipkin-server-*.jar "$jar"
