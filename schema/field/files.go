package field

func files() []*Type {
	return []*Type{attachmentType(), imageType(), mediaType(), signatureType()}
}
