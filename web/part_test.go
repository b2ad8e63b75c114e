package web

import (
	"slices"
	"strings"
	"testing"
)

func TestAPartServesItsOwnAlone(t *testing.T) {
	t.Parallel()
	paths := map[Part]string{PartAuth: "POST /api/v1/auth/ticket", PartSync: "GET /api/v1/sync/status", PartConsole: "GET /console/login"}
	for _, part := range Parts {
		t.Run(string(part), func(t *testing.T) {
			t.Parallel()
			s, _ := bare(t, func(o *Options) { o.Only, o.Console = []Part{part}, pages{} })
			at := serve(t, s)
			for _, other := range Parts {
				method, path, _ := strings.Cut(paths[other], " ")
				a := call(t, method, at+path, "")
				served := a.status != 404
				if other == PartConsole { // the pages of this test have no route: theirs is the answer
					served = strings.HasPrefix(string(a.body), path+": ")
				}
				if served != (other == part) {
					t.Errorf("%s: %d %s", paths[other], a.status, a.body)
				}
			}
			if a := call(t, "GET", at+"/health/live", ""); a.status != 200 {
				t.Errorf("health: %d", a.status)
			}
		})
	}
}

func TestEveryRouteIsOfOnePart(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	for _, part := range Parts {
		s, _ := bare(t, func(o *Options) { o.Only = []Part{part} })
		for _, rt := range s.table {
			count[rt.method+" "+rt.path]++
		}
	}
	all, _ := bare(t, nil)
	for _, rt := range all.table {
		n := count[rt.method+" "+rt.path]
		common := slices.ContainsFunc([]string{"/health", "/metrics", "/api/openapi.json", "/api/docs"}, func(p string) bool { return strings.HasPrefix(rt.path, p) })
		if want := map[bool]int{true: len(Parts), false: 1}[common]; n != want {
			t.Errorf("%s %s is served by %d parts", rt.method, rt.path, n)
		}
	}
}
