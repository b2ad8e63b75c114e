package field

func relationSamples() samples {
	return samples{}
}
