#!/usr/bin/env bash
# MongoDB's driver, in a folder of its own: 3 s.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
modules=$(program mongodb)
[ ! -d "$modules/mongodb" ] || exit 0
npm install --prefix "$(dirname "$modules")" --no-audit --no-fund --loglevel=error "mongodb@$(version_of mongodb)"
