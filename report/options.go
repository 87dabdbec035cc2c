package report

// Options of a report; the zero value is a plain report of 100 columns.
type Options struct {
	// Width is how many columns the terminal has; 0 means 100.
	Width int
	// Color allows ANSI escapes; the caller honours NO_COLOR.
	Color bool
	// Label is a warning to be shown with every result, from the experiment.
	Label string
	// Clients of the closed loop behind the throughput; 0 leaves it unsaid.
	Clients int
	// Source tells who published a network profile and when; nil or an empty
	// answer leaves it unsaid.
	Source func(profile string) string
	// Emulated notes what was not real, say "the disk is emulated: 2 ms".
	Emulated []string

	// closed: the latencies are those of the closed loop, since no window was
	// calm.
	closed bool
}

func (o Options) width() int {
	if o.Width <= 0 {
		return 100
	}
	return o.Width
}

func (o Options) source(profile string) string {
	if o.Source == nil {
		return ""
	}
	return o.Source(profile)
}
