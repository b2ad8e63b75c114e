package field

func numbers() []*Type {
	return []*Type{integerType()}
}
