// Package ci writes a judged run in the formats that pipelines read: JUnit's
// XML, GitHub's job summary and annotations, the JSON of github-action-benchmark
// and of Bencher, OpenMetrics, and a history for Apache Otava.
//
// It judges nothing and says nothing new: verdicts are the gate's, figures the
// summary's, and words the report's. Each format is written as its strictest
// reader wants it. A figure that is not a number, such as the latency of
// operations that were never answered, is left out where a reader expects a
// number; the verdict on it is not. Names may come from anybody's folder, so they
// are cleaned, and escaped as the format wants it.
package ci
