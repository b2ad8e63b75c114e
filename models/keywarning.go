package models

// KeyWarning is a key that people should look after, and why.
type KeyWarning struct {
	Key     APIKey
	Expiry  bool  // it expires soon, or has expired
	Overdue int64 // days for which it has had its secret, where that is too many; 0: it is not told of

	Told Told // what was told before
}

// Told is what people were told of a key. It counts for the expiry and the secret that it names alone.
type Told struct {
	Until int64 // the expiry, ms
	Stage int64 // how near it was: a place in KeyStages, from 1; 0: not told
	Made  int64 // when the secret was made, ms; 0: not told
}

// KeyStages are how many days before its expiry a key is told of.
var KeyStages = [...]int64{14, 3, 0}

// stage is how near the expiry of a key is: a place in KeyStages, from 1; 0: far.
func (k *APIKey) stage(now int64) (stage int64) {
	const day = 24 * 60 * 60 * 1000
	if k.ExpiresAt == 0 {
		return 0
	}
	for i, days := range KeyStages {
		if k.ExpiresAt-now <= days*day {
			stage = int64(i + 1)
		}
	}
	return stage
}

// Warn finds out what there is to tell of the key at now (ms) that was not told, where a secret should stand
// for at most so many days (0: as long as it likes), and notes it in Told. False: nothing.
func (w *KeyWarning) Warn(now int64, most int) bool {
	if stage := w.Key.stage(now); stage > 0 && (w.Told.Until != w.Key.ExpiresAt || w.Told.Stage < stage) {
		w.Expiry, w.Told.Until, w.Told.Stage = true, w.Key.ExpiresAt, stage
	}
	if days := w.Key.Overdue(now, most); days > 0 && w.Told.Made != w.Key.SecretAt() {
		w.Overdue, w.Told.Made = days, w.Key.SecretAt()
	}
	return w.Expiry || w.Overdue > 0
}
