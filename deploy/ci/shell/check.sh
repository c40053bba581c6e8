#!/bin/sh
# Schema checks of Tributary for any CI that runs a shell, where tributary is installed:
#
#     sh check.sh [options of "tributary check"]
#
# The report goes to the log, and to files in the folder TRIBUTARY_REPORTS (default: tributary-check). The exit code is that
# of the check: 0 passed, 1 breaking changes or a policy, 2 usage or configuration, 3 the graph does not compose, a contract does
# not hold, or a file of a client or of usage is not valid. TRIBUTARY_USAGE may name a file with recorded usage. The clone needs the history since the merge base, and the branch origin/main or what --base names.

set -eu

reports=${TRIBUTARY_REPORTS:-tributary-check}
mkdir -p "$reports"
# Those of another run would be taken for this one's if it has none.
rm -f "$reports/check.json" "$reports/check.md" "$reports/junit.xml"

exec npx --no -- tributary check ${TRIBUTARY_USAGE:+"--usage=$TRIBUTARY_USAGE"} "$@" \
  "--out=json=$reports/check.json" \
  "--out=markdown=$reports/check.md" \
  "--out=junit=$reports/junit.xml"
