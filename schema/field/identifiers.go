package field

func identifiers() []*Type {
	return []*Type{
		uuidType(), ulidType(), semverType(), barcodeType(), qrCodeType(), isbnType(), ibanType(), bicType(), countryType(), languageType(), colorType(), iconType(),
	}
}
