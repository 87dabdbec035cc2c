// Package units is the one place where a number meets its unit: it reads and
// writes durations, sizes, rates and shares for experiments, profile files,
// gates, flags and all output.
//
// The words are tc's (5ms, 100mbit, 0.1%) and the SI's. KB, or kB, is 1000
// bytes and KiB is 1024, in what is read and in what is written. tc differs in
// that alone: it takes kb for 1024. A size whose unit is a bare k, m or g could
// mean either, and is refused with a hint.
//
// There are two ways to write a number:
//   - for files and flags, without loss and without a space: 1m30s, 1KiB,
//     500/s, 0.1%. What FormatDuration, FormatSize, FormatRate, FormatBitrate
//     and FormatShare write is read back as the same value.
//   - for people, in three significant digits, with a space before the unit:
//     1.23 ms, 345 µs, 9,300/s, 12.5 KiB, 85 %. That is Kind.Show, and its
//     relatives for intervals, differences and axes.
//
// A setting is shown as it is written in a file (a delay of 5ms), a measurement
// as people read it (a median of 5.02 ms).
package units

import "strings"

// Kind is what a number measures. A number of a kind is stored in the kind's
// base unit, as in JSON.
type Kind int

// The kinds, with their base units.
const (
	Count    Kind = iota // no unit
	Duration             // nanoseconds
	Seconds              // seconds: CPU time
	Rate                 // operations a second
	Bitrate              // bits a second
	Size                 // bytes
	Share                // 1 is 100 %
)

// Of tells what a metric measures, from the unit that its name carries:
// write_latency_p50_ns, throughput_ops, disk_bytes_per_write.
func Of(metric string) Kind {
	switch {
	case strings.HasSuffix(metric, "_ns"):
		return Duration
	case strings.HasSuffix(metric, "_ops"):
		return Rate
	case strings.Contains(metric, "_bytes"):
		return Size
	case strings.Contains(metric, "_seconds"):
		return Seconds
	case strings.HasSuffix(metric, "_share"), strings.HasSuffix(metric, "_ratio"), strings.HasSuffix(metric, "availability"):
		return Share
	}
	return Count
}

// Want says how a number of the kind is written: "a duration such as 5ms".
func (k Kind) Want() string {
	switch k {
	case Duration, Seconds:
		return "a duration such as 5ms, 1.5s or 2m"
	case Rate:
		return "a rate such as 500/s"
	case Bitrate:
		return "a rate in tc's words such as 100mbit or 1gbit, or 0 for unlimited"
	case Size:
		return "a size such as 256B, 1KiB or 4MiB"
	case Share:
		return "a percentage from 0% to 100%, such as 0.1%"
	}
	return "a plain number"
}

// Sample is a number of the kind as it is written: 20ms.
func (k Kind) Sample() string {
	return [...]string{"2", "20ms", "20ms", "1000/s", "100mbit", "4KiB", "85%"}[k]
}
