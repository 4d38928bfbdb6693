#!/usr/bin/env bash
# The jars of OpenSearch, 46 MB: 15 s. opensearch/OpenSearchNode.java starts a node with them; 3.x needs Java 21.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
jars=$(program opensearch)
[ ! -d "$jars" ] || exit 0
part=$(mktemp -d "$cache/opensearch-XXXXXX")
trap 'rm -rf "$part"' EXIT
mvn -q -B -f "$recipes/opensearch/pom.xml" "-Dopensearch=$(version_of opensearch)" dependency:copy-dependencies \
  "-DoutputDirectory=$part/lib" -DincludeScope=runtime
mkdir -p "$(dirname "$jars")"
mv "$part/lib" "$jars"
