package access

import (
	"tidemark/internal/fault"
	"tidemark/models"
)

// secondFactor says whether somebody may come in without a second factor: `mfa_required` for an account that has one, or whose role asks for it.
func secondFactor(m models.Account, must bool) error {
	if m.TOTPAt == 0 && !must {
		return nil
	}
	return fault.New(fault.MFARequired, "Give the code of your second factor as well.")
}
