package field

func choices() []*Type {
	return []*Type{selectType(), tagsType()}
}
