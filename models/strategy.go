package models

// Strategy says how a stale base version is settled.
type Strategy string

// The strategies of the wire contract. StrategyNone leaves a stale base to the review queue.
const (
	StrategyNone     Strategy = ""
	StrategyLWW      Strategy = "LAST_WRITE_WINS"
	StrategyFWW      Strategy = "FIRST_WRITE_WINS"
	StrategyMerge    Strategy = "MERGE"
	StrategyAssisted Strategy = "AI_ASSISTED" // as StrategyMerge; for what clashes an assistant is asked
	StrategyManual   Strategy = "MANUAL"      // as StrategyNone, where a policy says it
)

// Strategies are those that settle conflicts by themselves; without one, a person does.
var Strategies = []Strategy{StrategyLWW, StrategyFWW, StrategyMerge}

// PolicyStrategies are those that a policy for items may name, and that a conflict may be resolved by.
var PolicyStrategies = []Strategy{StrategyLWW, StrategyFWW, StrategyMerge, StrategyAssisted, StrategyManual}
