package field

func systems() []*Type {
	return []*Type{createdTimeType(), modifiedTimeType(), byType(), buttonType()}
}
