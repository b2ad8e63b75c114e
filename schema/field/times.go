package field

func times() []*Type {
	return []*Type{dateType()}
}
