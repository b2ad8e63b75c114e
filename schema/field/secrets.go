package field

func secrets() []*Type {
	return []*Type{passwordType(), secretType(), otpType(), cardType()}
}
