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
		"boolean": {
			{
				takes:    [][2]string{{`true`, ""}, {`false`, ""}},
				refuses:  [][2]string{{`"true"`, "type"}, {`1`, "type"}, {`null`, "type"}},
				reads:    [][3]string{{"en", "yes", `true`}, {"de", "Nein", `false`}, {"fr", "oui", `true`}, {"", "1", `true`}, {"ja", "いいえ", `false`}},
				misreads: [][2]string{{"en", "perhaps"}},
				order:    []string{`false`, `true`},
			},
			{options: `{"yes":"Paid","no":"Open","enableWins":true}`, takes: [][2]string{{`true`, ""}}, reads: [][3]string{{"en", "paid", `true`}, {"de", "open", `false`}}},
		},
		"multiSelect": {{
			options:  `{"options":[{"value":"s","label":"Small"},{"value":"m"},{"value":"l","label":"Large"}],"max":2}`,
			takes:    [][2]string{{`["l","s"]`, `["s","l"]`}, {`["m","m"]`, `["m"]`}, {`[]`, "none"}},
			refuses:  [][2]string{{`["s","m","l"]`, "count"}, {`["xl"]`, "option"}, {`"s"`, "type"}},
			reads:    [][3]string{{"en", "large, small", `["s","l"]`}},
			misreads: [][2]string{{"en", "huge"}},
		}},
		"status": {{
			options: `{"states":[{"value":"new"},{"value":"open","label":"In work","color":"blue"},{"value":"done","final":true}],"initial":"new","transitions":[{"from":"new","to":"open"},{"from":"open","to":"done"}]}`,
			takes:   [][2]string{{`"new"`, ""}, {`"open"`, ""}, {`"done"`, ""}},
			refuses: [][2]string{{`"gone"`, "option"}, {`1`, "type"}, {`["new"]`, "type"}},
			reads:   [][3]string{{"en", "in work", `"open"`}},
			order:   []string{`"new"`, `"open"`, `"done"`},
		}},
	}
}
