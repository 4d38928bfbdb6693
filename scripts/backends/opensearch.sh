#!/usr/bin/env bash
# The jars of OpenSearch, 46 MB: 15 s. opensearch/OpenSearchNode.java starts a node with them; 3.x needs Java 21.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
maven_jars opensearch
