package loadgen

// Workload is what is written and read; when is the Window's matter.
type Workload struct {
	// KeyPrefix makes keys unique to a trial.
	KeyPrefix string
	// Keys is how many distinct keys there are, KeySize how long each is in
	// bytes (at least what prefix and number need).
	Keys    int
	KeySize int
	// ValueSize in bytes, at least 16: every value is unique.
	ValueSize int
	// ReadRatio is the share of reads, in [0,1].
	ReadRatio float64
	// Serializable reads answer from the asked node's own state; otherwise
	// reads are linearizable.
	Serializable bool
	Seed         int64
}
