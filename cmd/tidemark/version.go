package main

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/spf13/pflag"
)

// version and commit are set by the linker in a release.
var (
	version = "dev"
	commit  = ""
)

func (m *Main) printVersion(*pflag.FlagSet) func(context.Context) error {
	return func(context.Context) error {
		v := map[string]string{"version": version, "commit": revision(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH}
		return m.say(v, "tidemark "+v["version"]+" "+v["commit"]+" ("+v["go"]+", "+v["platform"]+")")
	}
}

func revision() string {
	if commit != "" {
		return commit
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return "unknown"
}
