package bench

import (
	"errors"
	"slices"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/results"
)

// An emulated disk is part of the tool, and so is its death: what nodes do without
// their files says nothing of them. A trial in which one died is void, and is repeated
// where it ran alone and may be.

// deadDisk is the death of an emulated disk in an error, a *cluster.DiskError; nil
// where it tells of none.
func deadDisk(err error) error {
	if disk, ok := errors.AsType[*cluster.DiskError](err); ok {
		return disk
	}
	return nil
}

// void a trial in which a disk died. Nothing that was found in it is kept, nor what it
// claims to have proven: either may be the disk's doing. What a judge found in its history
// is not: that trial is none that a disk made void.
func (r *record) void(disk error) {
	if len(r.standing) > 0 {
		r.mu.Lock()
		r.Findings = r.standing
		r.mu.Unlock()
		r.conclude()
		return
	}
	died, _ := errors.AsType[*cluster.DiskError](disk)
	r.mu.Lock()
	r.Findings, r.Proof, r.Audit = nil, nil, nil
	if r.Tested != nil {
		r.Tested.Answer, r.Tested.UndecidedKeys = "", nil
	}
	r.mu.Unlock()
	r.remark(results.Remark{Code: results.CodeDiskDied, Severity: results.Invalid, Node: died.ID, Detail: died.Error()})
	r.conclude()
}

// voided tells of a trial in which a disk died.
func voided(t results.Trial) bool {
	return slices.ContainsFunc(t.Remarks, func(m results.Remark) bool { return m.Code == results.CodeDiskDied })
}
