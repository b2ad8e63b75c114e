package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/joho/godotenv"
)

// Sources are where settings come from. Later ones win: the defaults, .env,
// .env.local, .env.$APP_ENV, the environment, flags.
type Sources struct {
	Dir     string            // where the .env files lie; empty: the current directory
	Environ []string          // NAME=value
	Flags   map[string]string // by variable, NAME or NAME_FILE
}

type layer struct {
	name   string
	values map[string]string
}

func (s Sources) layers() ([]layer, []problem) {
	env := layer{"environment", map[string]string{}}
	for _, pair := range s.Environ {
		name, value, _ := strings.Cut(pair, "=")
		env.values[name] = value
	}
	flags := layer{"flag", s.Flags}
	var layers []layer
	var problems []problem
	read := func(name string) {
		values, err := godotenv.Read(filepath.Join(s.Dir, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil: // its text may quote the file
			problems = append(problems, problem{name, "must be a readable list of NAME=value lines"})
		default:
			layers = append(layers, layer{name, values})
		}
	}
	read(".env")
	read(".env.local")
	if name := appEnv(append(slices.Clone(layers), env, flags)); envNames.MatchString(name) && name != "local" && name != "example" {
		read(".env." + name)
	}
	return append(layers, env, flags), problems
}

// appEnv finds the kind of installation before everything else is read.
func appEnv(layers []layer) string {
	for _, name := range []string{"APP_ENV", "NODE_ENV"} {
		for _, l := range slices.Backward(layers) {
			if v := l.values[name]; v != "" {
				return v
			}
		}
	}
	return ""
}

// take lets a layer overrule what the entry holds so far. An empty value is an unset one.
func (e *entry) take(l layer) []problem {
	value, path := l.values[e.name], l.values[e.name+"_FILE"]
	source := l.name
	if l.name == "flag" {
		source = "flag --" + flagName(e.name)
	}
	switch {
	case value != "" && path != "":
		return []problem{{e.name, "is set twice in the same place (" + l.name + "): as itself and as " + e.name + "_FILE"}}
	case value != "":
		e.raw, e.source = value, source
	case path != "":
		content, err := os.ReadFile(path)
		if err != nil {
			return []problem{{e.name + "_FILE", "must name a file that can be read, not " + path}}
		}
		e.raw, e.source = strings.TrimRight(string(content), "\r\n"), source+" ("+e.name+"_FILE)"
	}
	return nil
}

// strangers warns of names in .env files that no variable has: most are misspelt.
func (s Sources) strangers(layers []layer, c *Config) []string {
	var warnings []string
	for _, l := range layers {
		if !strings.HasPrefix(l.name, ".env") {
			continue
		}
		for name := range l.values {
			known := func(e entry) bool { return name == e.name || name == e.name+"_FILE" }
			if !slices.ContainsFunc(c.entries, known) {
				warnings = append(warnings, l.name+" sets "+name+", which is not a variable of Tidemark")
			}
		}
	}
	slices.Sort(warnings)
	return warnings
}

// flagName is the flag of a variable: DATA_DIR is --data-dir.
func flagName(variable string) string {
	return strings.ToLower(strings.ReplaceAll(variable, "_", "-"))
}
