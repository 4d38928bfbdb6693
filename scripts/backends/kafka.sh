#!/usr/bin/env bash
# The jars of Kafka, 43 MB: 14 s.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
maven_jars kafka
