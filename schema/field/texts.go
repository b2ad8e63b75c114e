package field

func texts() []*Type {
	return []*Type{textType()}
}
