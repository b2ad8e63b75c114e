#!/usr/bin/env bash
# Hot reload: Tailwind watches the classes; a change of Go, templ, SQL or assets
# makes the templ code and the program anew and restarts it. Arguments go to `tidemark serve`.
set -uo pipefail
cd "$(dirname "$0")/.."
export CGO_ENABLED=0

styles=
server=
stop() {
	trap - EXIT INT TERM
	for pid in $styles $server; do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
}
trap 'stop; exit 0' INT TERM
trap stop EXIT

sources() {
	find . \( -name node_modules -o -name .git -o -name bin -o -name data -o -name .tools \) -prune -o \
		\( -name '*.go' ! -name '*_test.go' ! -name '*_templ.go' -o -name '*.templ' -o -name '*.sql' -o -name go.mod -o -path './static/dist/*' \) \
		-type f -printf '%p %T@\n' | sort | cksum
}

restart() {
	go tool templ generate -log-level=warn && go build -o bin/tidemark-dev ./cmd/tidemark || return
	[ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
	./bin/tidemark-dev serve --demo --log-format text "$@" &
	server=$!
}

npm run --silent build || exit 1
npm run --silent build -- --watch &
styles=$!

seen=
while true; do
	now=$(sources)
	[ "$now" = "$seen" ] || { seen=$now; restart "$@"; }
	sleep 0.5
done
