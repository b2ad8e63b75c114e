package field

func choiceSamples() samples {
	const colors = `{"options":[{"value":"red","label":"Deep red","color":"red"},{"value":"blue"},{"value":"aqua"}]}`
	return samples{
		"select": {{
			options:  colors,
			takes:    [][2]string{{`"red"`, ""}, {`"blue"`, ""}, {`"aqua"`, ""}},
			refuses:  [][2]string{{`"green"`, "option"}, {`1`, "type"}, {`"Deep red"`, "option"}},
			reads:    [][3]string{{"en", "deep red", `"red"`}, {"en", "BLUE", `"blue"`}},
			misreads: [][2]string{{"en", "green"}},
			order:    []string{`"red"`, `"blue"`, `"aqua"`},
		}},
		"tags": {{
			options: `{"max":3,"length":10}`,
			takes:   [][2]string{{`["b","a","b"]`, `["a","b"]`}, {`[" é "]`, `["é"]`}, {`[]`, "none"}, {`["new","in stock","ÜBER"]`, `["in stock","new","ÜBER"]`}},
			refuses: [][2]string{{`"a"`, "type"}, {`[1]`, "type"}, {`["a","b","c","d"]`, "count"}, {`["much too long"]`, "length"}, {`["a,b"]`, "format"}},
			reads:   [][3]string{{"en", "b, a,,", `["a","b"]`}, {"en", " , ", "none"}},
		}},
	}
}
