package models

// Strategy says how a stale base version is settled.
type Strategy string

// The strategies of the wire contract. StrategyNone leaves a stale base to the review queue.
const (
	StrategyNone   Strategy = ""
	StrategyLWW    Strategy = "LAST_WRITE_WINS"
	StrategyFWW    Strategy = "FIRST_WRITE_WINS"
	StrategyMerge  Strategy = "MERGE"
	StrategyManual Strategy = "MANUAL" // as StrategyNone, where a policy says it
)

// Strategies are those that settle conflicts by themselves; without one, a person does.
var Strategies = []Strategy{StrategyLWW, StrategyFWW, StrategyMerge}
