package field

func times() []*Type {
	return []*Type{
		dateType(), timeType(), dateTimeType(), zonedType(), dateRangeType(), durationType(), yearType(), timezoneType(), recurrenceType(), cronType(),
	}
}
