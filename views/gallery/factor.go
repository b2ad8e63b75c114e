package gallery

import (
	"strings"

	"tidemark/views/account"
	"tidemark/views/signin"
)

func factorPages() []PageState {
	off := account.FactorProps{Email: "amina@example.com"}
	led := off
	led.Keys.Now = now
	led.Must, led.Led, led.Form, led.Error, led.Fields = true, true, account.FormBegin, "Nothing was changed", map[string]string{"password": "The password is wrong."}
	drawn := off
	drawn.Secret = "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP"
	wrong := drawn
	wrong.Form, wrong.Error, wrong.Fields = account.FormEnable, "Nothing was changed", map[string]string{"code": "The code is wrong: look whether the clock of your device is right."}
	on := account.FactorProps{Email: "amina@example.com", On: true, Left: 9}
	must := on
	must.Must, must.Left, must.Form, must.Error = true, 0, account.FormCodes, "Too many wrong tries. Try again in 15 minutes."
	codes := strings.Fields(strings.Repeat("mfrg-gzdf-mztw-q2lk ", 10))
	kept := signin.Kept{To: "/console/t/acme/storage/item?key=a", Back: "/console"}
	return []PageState{
		shelled("factor", "Second factor", "account", account.Factor(off)),
		shelled("factor-led", "Second factor", "account", account.Factor(led)),
		shelled("factor-drawn", "Second factor", "account", account.Factor(drawn)),
		shelled("factor-wrong", "Second factor", "account", account.Factor(wrong)),
		shelled("factor-on", "Second factor", "account", account.Factor(on)),
		shelled("factor-must", "Second factor", "account", account.Factor(must)),
		shelled("recovery-codes", "Recovery codes", "account", account.Codes(account.CodesProps{Codes: codes})),
		alone("code", "Second factor", signin.Code(signin.CodeProps{Code: true, Kept: &kept})),
		alone("code-wrong", "Second factor", signin.Code(signin.CodeProps{Code: true, Passkey: true, Error: "The code is wrong, or was used before."})),
		alone("code-passkey", "Second factor", signin.Code(signin.CodeProps{Passkey: true})),
	}
}
