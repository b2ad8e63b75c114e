package field

func structureSamples() samples {
	return samples{}
}
