package field

import "strings"

func secretSamples() samples {
	return samples{
		"password": {{
			takes:   [][2]string{{`""`, "none"}, {`{"hash":"$argon2id$v=19$m=65536,t=1,p=2$c2FsdA$aGFzaA"}`, ""}, {`" "`, "none"}},
			refuses: [][2]string{{`"short"`, "length"}, {`12345678901234`, "type"}, {`{"hash":"plain"}`, "secret"}, {`{"password":"x"}`, "type"}},
		}},
		"secret": {{
			options: `{"maxBytes":10}`,
			takes:   [][2]string{{`"hush"`, `{"plain":"hush"}`}, {`{"sealed":"abc"}`, ""}, {`""`, "none"}},
			refuses: [][2]string{{`"much too long"`, "length"}, {`1`, "type"}, {`{"plain":"x","sealed":"y"}`, "type"}},
		}},
		"otp": {{
			takes:   [][2]string{{`"jbsw y3dp ehpk 3pxp"`, `{"plain":"JBSWY3DPEHPK3PXP"}`}, {`{"sealed":"abc"}`, ""}, {`""`, "none"}},
			refuses: [][2]string{{`"JBSWY3DP"`, "length"}, {`"` + strings.Repeat("1", 16) + `"`, "format"}, {`1`, "type"}},
		}},
		"card": {{
			takes:    [][2]string{{`"4242 4242 4242 4242"`, `{"brand":"visa","last4":"4242"}`}, {`"378282246310005"`, `{"brand":"amex","last4":"0005"}`}, {`{"brand":"visa","last4":"4242"}`, ""}},
			refuses:  [][2]string{{`"4242 4242 4242 4241"`, "checksum"}, {`"4242"`, "format"}, {`4242424242424242`, "type"}, {`{"brand":"visa","last4":"42424"}`, "type"}},
			reads:    [][3]string{{"en", "5555-5555-5555-4444", `{"brand":"mastercard","last4":"4444"}`}},
			misreads: [][2]string{{"en", "my card"}},
		}},
	}
}
