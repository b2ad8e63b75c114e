package field

func secrets() []*Type {
	return []*Type{}
}
