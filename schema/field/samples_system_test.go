package field

func systemSamples() samples {
	return samples{
		"createdTime":  {{takes: [][2]string{{`"2026-11-22T09:00:00Z"`, ""}}, order: []string{`"1970-01-01T00:00:00Z"`, `"2026-11-22T09:00:00Z"`}}},
		"modifiedTime": {{takes: [][2]string{{`"2026-11-22T09:00:00.5Z"`, ""}}}},
		"createdBy":    {{options: `{"of":"modified"}`, takes: [][2]string{{`"amy"`, ""}}}},
		"button":       {{options: `{"label":"Track","action":"link","url":"https://example.com/{{number}}"}`, takes: [][2]string{{`"pressed"`, "none"}, {`1`, "none"}}}},
	}
}
