package console_test

import "testing"

// TestPagesOnMariaDB repeats on MariaDB the tests of pages that ask the database in words of its own.
func TestPagesOnMariaDB(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*testing.T){
		"tenants":           TestTheListIsSearchedAndPaged,
		"tenants deleted":   TestATenantIsDeletedForGoodFromTheTrashAlone,
		"tenants half gone": TestAStoppedDeletionSaysWhatIsGone,
		"keys":              TestKeysAreFilteredAndPaged,
		"usage":             TestAKeysPageTellsWhatItIsUsedFor,
		"attention":         TestTheOverviewTellsWhatNeedsAttention,
		"palette":           TestThePaletteFindsPagesTenantsKeysAndItems,
		"devices":           TestDevicesAreListedAsTextWithTheirStates,
		"devices paged":     TestDevicesComeInPages,
		"device":            TestTheDevicePageTellsWhatWaits,
		"storage":           TestStorageIsBrowsedInFoldersAndAsAList,
		"storage filtered":  TestEachFilterOfStorageFindsWhatItSays,
		"storage paged":     TestEveryItemIsOnOnePageOfTheList,
		"bulk":              TestManyItemsAreDeletedAfterAPreviewAndBroughtBack,
		"import":            TestAFileIsCheckedThenImportedAndExported,
		"history":           TestHistoryTellsWhoWhereWhenAndComparesAnyTwoVersions,
		"clear":             TestAClearIsShownAndCancelled,
		"jobs":              TestAJobOfAnyTenantIsListedAndCancelled,
		"queue":             TestTheQueueListsFiltersAndExplains,
		"queue paged":       TestTheQueueComesInPages,
		"queue timed":       TestTheQueueOpensInTime,
		"decisions":         TestAPersonDecidesAndUndoes,
		"decided too late":  TestWhatCannotBeSavedComesBackAsItWasSent,
		"claims":            TestConflictsAreClaimedAssignedAndToldLive,
		"suggestions":       TestASuggestionIsShownAndAccepted,
		"many conflicts":    TestManyConflictsAreSettledAfterAPreviewAndUndone,
		"audit":             TestTheAuditNamesPeopleAndIsFiltered,
		"tables":            TestLooksAtTablesAreInTheAuditAndHoldNoSecret,
		"policies":          TestAPolicyIsTriedSavedEditedAndDeleted,
		"offers":            TestOffersAreShownDismissedAndTakenBack,
		"figures":           TestTheFiguresOfConflictsLinkToTheirRows,
		"tables paged":      TestATableIsPagedByPlacesThatSayNothing,
		"assistant":         TestAConflictOverRESTIsSettledByTheAssistant,
		"assistant opt-in":  TestATenantIsOptedInToTheAssistant,
		"foreign routes":    TestNoRouteTellsOrChangesWhatIsAnothersTenants,
		"foreign pages":     TestNoPageTellsOrChangesWhatIsAnothersTenants,
		"foreign events":    TestNoConnectionTellsWhatIsAnothersTenants,
	} {
		t.Run(name, test)
	}
}
