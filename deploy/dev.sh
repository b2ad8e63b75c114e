#!/usr/bin/env bash
# Hot reload: templ and Tailwind watch their sources; a change of Go, SQL or what
# they made builds the program anew and restarts it. Arguments go to `tidemark serve`.
set -uo pipefail
cd "$(dirname "$0")/.."
export CGO_ENABLED=0

children=()
server=
stop() {
	trap - EXIT INT TERM
	for pid in "${children[@]}" $server; do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
}
trap 'stop; exit 0' INT TERM
trap stop EXIT

go tool templ generate --watch --log-level=warn &
children+=($!)
npm run --silent watch &
children+=($!)

state() {
	find . \( -name node_modules -o -name .git -o -name bin -o -name data -o -name .tools \) -prune -o \
		\( -name '*.go' ! -name '*_test.go' -o -name '*.sql' -o -name '*.txt' -path '*templ*' -o -name go.mod -o -path './static/dist/*' \) \
		-type f -printf '%p %T@\n' | sort | cksum
}

seen=
while true; do
	now=$(state)
	if [ "$now" != "$seen" ]; then
		seen=$now
		if go build -o bin/tidemark-dev ./cmd/tidemark; then
			[ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
			./bin/tidemark-dev serve --demo --log-format text "$@" &
			server=$!
		fi
	fi
	sleep 0.5
done
