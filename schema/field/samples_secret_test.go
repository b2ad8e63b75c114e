package field

func secretSamples() samples {
	return samples{}
}
