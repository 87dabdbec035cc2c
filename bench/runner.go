// Package bench runs an experiment: trials on fresh clusters, in shuffled
// blocks, each recorded durably when it ends.
package bench
