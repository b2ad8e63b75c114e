package field

func identifierSamples() samples {
	return samples{}
}
