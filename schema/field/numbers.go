package field

func numbers() []*Type {
	return []*Type{
		integerType(), bigIntegerType(), decimalType(), floatType(), currencyType(), percentType(), counterType(), ratingType(), progressType(),
		quantityType(), autonumberType(),
	}
}
