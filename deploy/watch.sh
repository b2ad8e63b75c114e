#!/usr/bin/env bash
# watch.sh COMMAND: runs the command, and again whenever a source file changes.
set -uo pipefail
cd "$(dirname "$0")/.."
trap 'exit 0' INT TERM # also when the command has its own idea of them

state() {
	find . \( -name node_modules -o -name .git -o -name bin -o -name data -o -name .tools \) -prune -o \
		\( -name '*.go' -o -name '*.sql' -o -name go.mod -o -path './static/dist/*' \) -type f -printf '%p %T@\n' | sort | cksum
}

seen=
while true; do
	now=$(state)
	if [ "$now" != "$seen" ]; then
		seen=$now
		bash -c "$1"
		echo "— waiting for a change —"
	fi
	sleep 0.7
done
