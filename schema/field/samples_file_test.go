package field

import "strings"

func fileSamples() samples {
	a, b := strings.Repeat("a", 64), strings.Repeat("b", 64)
	file := func(hash, name, kind, more string) string {
		return `{"hash":"` + hash + `","name":"` + name + `","size":12,"type":"` + kind + `"` + more + `}`
	}
	const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	return samples{
		"attachment": {{
			options: `{"types":["image/*","application/pdf"],"maxSize":100,"max":2}`,
			takes: [][2]string{
				{`[` + file(a, "a.pdf", "application/pdf", "") + `]`, ""},
				{`[` + file(b, "../b.png", "image/png", `,"width":2`) + `,` + file(a, "a", "application/pdf", "") + `,` + file(a, "again", "application/pdf", "") + `]`, `[` + file(b, ".._b.png", "image/png", `,"width":2`) + `,` + file(a, "a", "application/pdf", "") + `]`},
				{`[]`, "none"},
			},
			refuses: [][2]string{
				{`[` + file(a, "a.exe", "application/x-msdownload", "") + `]`, "option"},
				{`[` + file("abc", "a", "image/png", "") + `]`, "format"},
				{`[` + file(a, "", "image/png", "") + `]`, "required"},
				{`[{"hash":"` + a + `","name":"a","size":101,"type":"image/png"}]`, "size"},
				{`"a.pdf"`, "type"},
			},
		}},
		"image": {{
			options: `{"maxPixels":100}`,
			takes:   [][2]string{{file(a, "a.png", "image/png", ""), ""}, {`{"hash":"` + a + `","height":10,"name":"a.webp","size":1,"type":"image/webp","width":10}`, ""}, {file(b, "b.gif", "image/gif", ""), ""}},
			refuses: [][2]string{{file(a, "a.svg", "image/svg+xml", ""), "option"}, {`{"hash":"` + a + `","height":11,"name":"a","size":1,"type":"image/png","width":10}`, "size"}, {`[]`, "type"}},
		}},
		"media": {{
			takes:   [][2]string{{file(a, "a.mp3", "audio/mpeg", ""), ""}, {file(b, "b.mp4", "video/mp4", ""), ""}, {`{"hash":"` + a + `","millis":5000,"name":"a.ogg","size":1,"type":"audio/ogg"}`, ""}},
			refuses: [][2]string{{file(a, "a.png", "image/png", ""), "option"}, {file(a, "a.mp3", "audio/mpeg", `,"by":"amy"`), "type"}, {`1`, "type"}},
		}},
		"signature": {{
			takes:   [][2]string{{`{"png":"` + dot + `"}`, ""}},
			refuses: [][2]string{{`{"png":"aGk="}`, "format"}, {`{"png":"` + dot + `","by":"amy"}`, "type"}, {`"` + dot + `"`, "type"}, {`{"png":"$"}`, "format"}},
		}, {takes: [][2]string{{`{"png":"` + dot + `"}`, ""}, {`{"png":"` + dot + `"}`, ""}}}},
	}
}
