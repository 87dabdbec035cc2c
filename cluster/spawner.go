package cluster

import "runtime"

// spawner is an operating-system thread that starts every process of a
// cluster and outlives them all. Linux kills a child with Pdeathsig set when
// the thread that started it ends, not when the process does, and Go ends
// threads as it likes (golang/go#27505).
type spawner struct {
	work chan func()
	done chan struct{}
}

func newSpawner() *spawner {
	s := &spawner{work: make(chan func()), done: make(chan struct{})}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(s.done)
		for f := range s.work {
			f()
		}
	}()
	return s
}

// do runs f on the thread.
func (s *spawner) do(f func() error) error {
	result := make(chan error, 1)
	s.work <- func() { result <- f() }
	return <-result
}

// close gives the thread back; only when no process is left.
func (s *spawner) close() {
	close(s.work)
	<-s.done
}
