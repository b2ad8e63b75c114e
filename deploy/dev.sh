#!/usr/bin/env bash
# Hot reload: a change of Go, templ, SQL, styles or scripts makes what is generated
# and the program anew and restarts it. Arguments go to `tidemark serve`.
set -uo pipefail
cd "$(dirname "$0")/.."
export CGO_ENABLED=0

server=
stop() {
	trap - EXIT INT TERM
	[ -z "$server" ] || kill "$server" 2>/dev/null
	wait 2>/dev/null
}
trap 'stop; exit 0' INT TERM
trap stop EXIT

# state of the files that find lists; generated ones are left to what they are made from
state() {
	find "$@" -type f ! -name '*_test.go' ! -name '*_templ.go' ! -name '*_gen.go' -printf '%p %T@\n' | sort | cksum
}
looks() { state static/src static/build.mjs tailwind.config.js views \( -name '*.go' -o -name '*.templ' -o -path 'static/*' -o -name '*.config.js' \); }
sources() {
	state . \( -name node_modules -o -name .git -o -name bin -o -name data -o -name .tools \) -prune -o \
		\( -name '*.go' -o -name '*.templ' -o -name '*.sql' -o -name go.mod \)
}

restart() {
	go tool templ generate -log-level=warn && go build -o bin/tidemark-dev ./cmd/tidemark || return
	[ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
	./bin/tidemark-dev serve --demo --log-format text "$@" &
	server=$!
}

seen=
styled=
while true; do
	style=$(looks)
	now="$style $(sources)"
	if [ "$now" != "$seen" ]; then
		seen=$now
		[ "$style" = "$styled" ] || { npm run --silent build && styled=$style; }
		restart "$@"
	fi
	sleep 0.5
done
