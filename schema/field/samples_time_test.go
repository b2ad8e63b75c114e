package field

func timeSamples() samples {
	return samples{
		"date": {
			{
				takes:    [][2]string{{`"2026-11-22"`, ""}, {`"0001-01-01"`, ""}, {`"2024-02-29"`, ""}},
				refuses:  [][2]string{{`20261122`, "type"}, {`"2026-02-29"`, "date"}, {`"22.11.2026"`, "date"}, {`"2026-11-22T00:00:00Z"`, "date"}},
				reads:    [][3]string{{"en", "11/22/2026", `"2026-11-22"`}, {"de", "22.11.2026", `"2026-11-22"`}, {"fr", "22/11/2026", `"2026-11-22"`}, {"ja", "2026年11月22日", `"2026-11-22"`}, {"de", "2026-11-22", `"2026-11-22"`}},
				misreads: [][2]string{{"en", "22/11/2026"}, {"de", "tomorrow"}, {"", "11/22/2026"}},
				order:    []string{`"0001-01-01"`, `"1999-12-31"`, `"2026-11-22"`},
			},
			{
				options: `{"min":"2026-01-01","max":"2026-12-31"}`,
				takes:   [][2]string{{`"2026-01-01"`, ""}},
				refuses: [][2]string{{`"2025-12-31"`, "range"}, {`"2027-01-01"`, "range"}},
			},
		},
		"time": {
			{
				takes:    [][2]string{{`"14:30:00"`, ""}, {`"09:05"`, `"09:05:00"`}, {`"00:00:00"`, ""}},
				refuses:  [][2]string{{`"24:00"`, "time"}, {`"2:30 pm"`, "time"}, {`"14:30:01"`, "precision"}, {`1430`, "type"}},
				reads:    [][3]string{{"en", "2:30 pm", `"14:30:00"`}, {"en", "9am", `"09:00:00"`}, {"de", "14.30 Uhr", `"14:30:00"`}, {"fr", "14 h 30", `"14:30:00"`}, {"en", "12:00 AM", `"00:00:00"`}},
				misreads: [][2]string{{"en", "25:00"}, {"en", "13 pm"}, {"en", "noon"}, {"en", "14"}},
				order:    []string{`"00:00:00"`, `"09:05:00"`, `"14:30:00"`},
			},
			{options: `{"seconds":true}`, takes: [][2]string{{`"14:30:01"`, ""}}, refuses: [][2]string{{`"14:30:60"`, "time"}}},
		},
		"datetime": {
			{
				takes:    [][2]string{{`"2026-11-22T09:00:00Z"`, ""}, {`"2026-11-22T11:00:00+02:00"`, `"2026-11-22T09:00:00Z"`}, {`"2026-11-22T09:00:00.123456Z"`, `"2026-11-22T09:00:00.123Z"`}},
				refuses:  [][2]string{{`"2026-11-22 09:00"`, "date"}, {`"2026-11-22"`, "date"}, {`1763802000`, "type"}},
				reads:    [][3]string{{"en", "11/22/2026 2:30 pm", `"2026-11-22T12:30:00Z"`}, {"de", "22.11.2026 14:30", `"2026-11-22T12:30:00Z"`}, {"de", "22.11.2026", `"2026-11-21T22:00:00Z"`}, {"", "2026-11-22T09:00:00Z", `"2026-11-22T09:00:00Z"`}, {"", "2026-11-22T09:00", `"2026-11-22T09:00:00Z"`}},
				misreads: [][2]string{{"en", "soon"}, {"en", "22/11/2026 10:00"}},
				order:    []string{`"1969-12-31T23:59:59Z"`, `"1970-01-01T00:00:00Z"`, `"2026-11-22T09:00:00Z"`},
			},
			{options: `{"min":"2026-01-01T00:00:00Z","max":"2026-12-31T00:00:00Z"}`, takes: [][2]string{{`"2026-01-01T00:00:00Z"`, ""}}, refuses: [][2]string{{`"2025-12-31T23:59:59Z"`, "range"}, {`"2027-01-01T00:00:00Z"`, "range"}}},
		},
		"zonedDatetime": {{
			takes:   [][2]string{{`{"at":"2026-11-22T09:00:00","zone":"Europe/Berlin"}`, ""}, {`{"at":"2026-07-01T09:00","zone":"America/New_York"}`, `{"at":"2026-07-01T09:00:00","zone":"America/New_York"}`}, {`{"at":"2026-01-01T00:00:00","zone":"UTC"}`, ""}},
			refuses: [][2]string{{`{"at":"2026-03-29T02:30:00","zone":"Europe/Berlin"}`, "date"}, {`{"at":"2026-11-22T09:00:00","zone":"Berlin"}`, "zone"}, {`{"at":"2026-11-22T09:00:00Z","zone":"UTC"}`, "date"}, {`"2026-11-22T09:00:00"`, "type"}, {`{"at":"2026-11-22T09:00:00","zone":"../etc/passwd"}`, "zone"}},
			reads:   [][3]string{{"de", "22.11.2026 9:00 Europe/Berlin", `{"at":"2026-11-22T09:00:00","zone":"Europe/Berlin"}`}, {"", "2026-11-22T09:00:00 Asia/Tokyo", `{"at":"2026-11-22T09:00:00","zone":"Asia/Tokyo"}`}},
			order:   []string{`{"at":"2026-11-22T12:00:00","zone":"Asia/Tokyo"}`, `{"at":"2026-11-22T09:00:00","zone":"Europe/Berlin"}`, `{"at":"2026-11-22T09:00:00","zone":"UTC"}`},
		}},
		"dateRange": {
			{
				takes:    [][2]string{{`{"from":"2026-01-01","to":"2026-01-31"}`, ""}, {`{"from":"2026-01-01","to":"2026-01-01"}`, ""}, {`{"from":"0001-01-01","to":"9999-12-31"}`, ""}},
				refuses:  [][2]string{{`{"from":"2026-01-02","to":"2026-01-01"}`, "range"}, {`{"from":"2026-01-01"}`, "date"}, {`"2026-01-01"`, "type"}},
				reads:    [][3]string{{"de", "1.1.2026 – 31.1.2026", `{"from":"2026-01-01","to":"2026-01-31"}`}, {"en", "1/1/2026 to 1/31/2026", `{"from":"2026-01-01","to":"2026-01-31"}`}, {"", "2026-01-01/2026-01-31", `{"from":"2026-01-01","to":"2026-01-31"}`}, {"de", "1.1.2026", `{"from":"2026-01-01","to":"2026-01-01"}`}},
				misreads: [][2]string{{"en", "all year"}, {"en", "1/1/2026 to 1/2/2026 to 1/3/2026"}},
				order:    []string{`{"from":"2026-01-01","to":"2026-01-01"}`, `{"from":"2026-01-01","to":"2026-01-31"}`, `{"from":"2026-02-01","to":"2026-02-01"}`},
			},
			{options: `{"maxDays":7}`, takes: [][2]string{{`{"from":"2026-01-01","to":"2026-01-07"}`, ""}}, refuses: [][2]string{{`{"from":"2026-01-01","to":"2026-01-08"}`, "range"}}},
		},
		"duration": {
			{
				takes:    [][2]string{{`"PT1H30M"`, ""}, {`"PT90M"`, `"PT1H30M"`}, {`"P1W"`, `"P7D"`}, {`"PT0.5S"`, ""}, {`"-PT1M"`, ""}, {`"PT0S"`, ""}},
				refuses:  [][2]string{{`"P1M"`, "format"}, {`"P1Y"`, "format"}, {`"1:30"`, "format"}, {`90`, "type"}, {`"P99999999D"`, "range"}},
				reads:    [][3]string{{"en", "1:30", `"PT1H30M"`}, {"en", "1h 30m", `"PT1H30M"`}, {"en", "90 min", `"PT1H30M"`}, {"de", "1,5 Std", `"PT1H30M"`}, {"en", "2d 1:00:05", `"P2DT1H5S"`}, {"en", "pt5m", `"PT5M"`}},
				misreads: [][2]string{{"en", "a while"}, {"en", "5 parsecs"}},
				order:    []string{`"-PT1M"`, `"PT0S"`, `"PT0.5S"`, `"PT59M"`, `"PT1H"`, `"P1D"`},
			},
			{options: `{"min":"PT30M","max":"P1D"}`, takes: [][2]string{{`"PT24H"`, `"P1D"`}}, refuses: [][2]string{{`"PT29M"`, "range"}, {`"P2D"`, "range"}}},
		},
		"year": {
			{
				takes:   [][2]string{{`2026`, ""}, {`1`, ""}, {`9999`, ""}},
				refuses: [][2]string{{`0`, "range"}, {`10000`, "range"}, {`"2026"`, "type"}, {`2026.5`, "integer"}},
				reads:   [][3]string{{"de", "2026", `2026`}},
				order:   []string{`1`, `1999`, `2026`},
			},
			{options: `{"min":2000,"max":2030}`, refuses: [][2]string{{`1999`, "range"}}},
		},
		"timezone": {{
			takes:   [][2]string{{`"Europe/Berlin"`, ""}, {`"UTC"`, ""}, {`" Asia/Tokyo "`, `"Asia/Tokyo"`}},
			refuses: [][2]string{{`"Berlin"`, "zone"}, {`"Local"`, "zone"}, {`"../zone"`, "zone"}, {`2`, "type"}},
			order:   []string{`"Asia/Tokyo"`, `"Europe/Berlin"`},
		}},
		"recurrence": {{
			takes:   [][2]string{{`"FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261122T000000Z"`, ""}, {`"rrule:freq=daily;interval=2"`, `"FREQ=DAILY;INTERVAL=2"`}, {`"FREQ=MONTHLY;BYDAY=1FR;COUNT=10"`, ""}, {`"FREQ=YEARLY;BYMONTH=5"`, ""}},
			refuses: [][2]string{{`"FREQ=SECONDLY"`, "range"}, {`"every day"`, "format"}, {`"FREQ=DAILY;COUNT=100000"`, "range"}, {`"DTSTART=20260101T000000Z;FREQ=DAILY"`, "format"}},
		}},
		"cron": {{
			takes:   [][2]string{{`"30 9 * * 1-5"`, ""}, {`" 0  0 1 1 * "`, `"0 0 1 1 *"`}, {`"@daily"`, ""}},
			refuses: [][2]string{{`"60 9 * * *"`, "format"}, {`"* * * * * *"`, "format"}, {`"@every 1s"`, "format"}, {`"CRON_TZ=UTC 0 0 * * *"`, "format"}, {`"0 0 31 2 *"`, "format"}},
		}},
	}
}
