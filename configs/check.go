package configs

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/profiles"
)

// MaxNodes is the largest cluster: beyond it one host measures itself.
const MaxNodes = 99

const (
	// maxValues of one list.
	maxValues = 100
	// maxSections of a list of links or of faults.
	maxSections = 200
)

// MaxAppendEntries is what hashicorp/raft accepts at most.
const MaxAppendEntries = 1024

// check finds the mistakes that one value shows by itself.
func (e Experiment) check() mistakes {
	c := &checker{origin: e.origin}
	c.top(e)
	c.network(e.Network)
	c.sites(e.Network.Sites, e.Nodes)
	c.storage(e.Storage)
	c.raft(e.Raft)
	c.workload(e.Workload)
	c.watch(e.Watch)
	c.faults(e)
	c.outages(e.Outages)
	c.safety(e)
	c.arms(e.Arms)
	c.repeated(&e)
	return c.errs
}

type checker struct {
	origin *origin
	errs   mistakes
}

func (c *checker) add(path, message string) {
	c.errs = append(c.errs, c.origin.mistake(message, "", path))
}

func (c *checker) top(e Experiment) {
	if slug(e.Name) == "" {
		c.add("name", wanted(e.Name, "a name of letters, digits and hyphens").Error())
	}
	c.word("engine", e.Engine)
	c.word("host.awake", One(e.Host.Awake))
	between(c, "nodes", e.Nodes, 1, MaxNodes)
	between(c, "dead", e.Dead, 0, MaxNodes/2)
	between(c, "trials", One(e.Trials), 0, 10_000)
	between(c, "proofs", One(e.Proofs), 0, 10_000)
	between(c, "retries", One(e.Retries), 0, 100)
	if e.Precision != 0 {
		if e.Precision < finest || e.Precision > coarsest {
			c.add("precision", fmt.Sprintf("got %v, want %s", plain(e.Precision), precisionWant()))
		}
		between(c, "budget", One(e.Budget), Duration(1e9), forever)
	}
	if e.Trials == 0 && e.Proofs == 0 && e.Precision == 0 && e.Watch.Duration == 0 && e.Outages.Repeat == 0 && !e.safe() {
		c.add("trials", "got 0 measuring trials, 0 proofs, 0 outages and 0 safety trials, and no time to watch, want at least one of them")
	}
}

// longestMessageDelay is as long as a link's delay may be (netem.Shape).
const longestMessageDelay = Duration(10 * 60 * 1e9)

func (c *checker) network(n Network) {
	for i, name := range n.Profile {
		if name == "" {
			c.errs = append(c.errs, c.origin.mistake(wanted(name, "the name of a profile, or a file").Error(),
				"`raftbench profiles` lists them; none injects nothing", element("network.profile", i, len(n.Profile))))
		}
	}
	between(c, "network.message_faults.max_delay", n.MessageFaults.MaxDelay, 0, longestMessageDelay)
	seen := map[[2]string]bool{}
	for i, l := range n.Links {
		link := fmt.Sprintf("network.links[%d]", i)
		c.word(link+".distribution", l.Distribution)
		between(c, link+".limit", l.Limit, 1, 1<<53)
		switch ends := [2]string{l.From, l.To}; {
		case seen[ends]:
			c.errs = append(c.errs, c.origin.mistake("got "+l.name()+" twice", "write one link with all its figures", link))
		case l.From == l.To && isMember(l.From):
			c.errs = append(c.errs, c.origin.mistake("got a link from "+l.From+" to itself, want two members",
				"members of one site are linked by the site's name, from and to", link+".to", link))
		default:
			seen[ends] = true
		}
	}
}

// shortestWatch holds some elections of short timeouts; a second of it bounds
// their rate to no better than 11,000 an hour.
const shortestWatch = Duration(1e9)

func (c *checker) watch(w WatchSet) {
	if w.Duration != 0 {
		between(c, "watch.duration", One(w.Duration), shortestWatch, forever)
	}
	between(c, "watch.rate", w.Rate, Rate(0.01), 1_000_000)
	for i, p := range w.Pauses {
		at := fmt.Sprintf("watch.pauses[%d]", i)
		c.pause(at, "length", p.Length, shortestPause, longestStall)
		c.pause(at, "every", p.Every, max(shortestPause, p.Length), forever)
	}
	if len(w.Pauses) > 0 && w.Duration == 0 {
		c.errs = append(c.errs, c.origin.mistake("got pauses of a watch, and no time to watch", "give watch.duration, or leave the pauses out", "watch.pauses", "watch.duration"))
	}
}

// pause holds one of the two times of an entry of watch.pauses against its bounds.
// Neither has a default: one that is left out is told at the entry.
func (c *checker) pause(entry, key string, given, least, most Duration) {
	path := entry + "." + key
	if given == 0 && c.origin.at(path, "", "") == nil {
		c.errs = append(c.errs, c.origin.mistake(fmt.Sprintf("got no %s, want %v to %v", key, plain(least), plain(most)),
			"a pause has both: {length: 25ms, every: 15s}", path, entry))
		return
	}
	between(c, path, One(given), least, most)
}

// shortestPause is what it takes to see that a process has stopped.
const shortestPause = Duration(1e6)

// Stalls of a disk are shorter than what any operation waits for, and apart by at
// least a millisecond: else there is one stall without an end.
const (
	longestStall  = Duration(60 * 1e9)
	densestStalls = Duration(1e6)
)

// longestApply of one write: at a second each, a hundred that were committed
// keep an election's time busy.
const longestApply = Duration(1e9)

func (c *checker) storage(s Storage) {
	c.word("storage.store", s.Store)
	between(c, "storage.stall_length", s.StallLength, 0, longestStall)
	between(c, "storage.stall_every", s.StallEvery, densestStalls, forever)
	between(c, "storage.log_cache", s.LogCache, 0, 1<<20)
	between(c, "storage.apply_delay", s.ApplyDelay, 0, longestApply)
}

func (c *checker) raft(r Raft) {
	// config.go of hashicorp/raft refuses less than 5 ms.
	const shortest = Duration(5e6)
	between(c, "raft.heartbeat_timeout", r.HeartbeatTimeout, shortest, forever)
	between(c, "raft.election_timeout", r.ElectionTimeout, shortest, forever)
	between(c, "raft.leader_lease_timeout", r.LeaderLeaseTimeout, shortest, forever)
	between(c, "raft.commit_timeout", r.CommitTimeout, Duration(1e6), forever)
	between(c, "raft.snapshot_interval", r.SnapshotInterval, shortest, forever)
	between(c, "raft.max_append_entries", r.MaxAppendEntries, 1, MaxAppendEntries)
	between(c, "raft.max_rpcs_in_flight", r.MaxRPCsInFlight, 1, 10_000)
	between(c, "raft.snapshot_threshold", r.SnapshotThreshold, 1, 1<<40)
	between(c, "raft.trailing_logs", r.TrailingLogs, 0, 1<<40)
}

// forever bounds every duration: a day is longer than any run.
const forever = Duration(24 * 3600 * 1e9)

// smallest value that is still unique, in bytes (loadgen.Workload).
const smallestValue = 16

func (c *checker) workload(w Workset) {
	between(c, "workload.keys", w.Keys, 1, 10_000_000)
	between(c, "workload.key_size", w.KeySize, 1, 1<<10)
	between(c, "workload.value_size", w.ValueSize, smallestValue, 1<<20)
	between(c, "workload.read_ratio", w.ReadRatio, 0, 1)
	c.word("workload.reads", w.Reads)
	c.word("workload.target", w.Target)
	between(c, "workload.timeout", w.Timeout, Duration(1e6), forever)
	between(c, "workload.calm.rate", w.Calm.Rate, Rate(0.01), 1_000_000)
	c.word("workload.calm.arrivals", w.Calm.Arrivals)
	between(c, "workload.calm.duration", w.Calm.Duration, shortestWindow, forever)
	between(c, "workload.saturate.clients", w.Saturate.Clients, 1, 100_000)
	between(c, "workload.saturate.duration", w.Saturate.Duration, shortestWindow, forever)
	c.word("workload.load.mode", w.Load.Mode)
	c.sweep(w.Load)
}

// shortestWindow that can be cut into ten parts with anything in them.
const shortestWindow = Duration(100 * 1e6)

func (c *checker) sweep(l LoadMode) {
	if slices.Contains(l.Mode, ModeSweep) && len(l.Rates) == 0 {
		c.errs = append(c.errs, c.origin.mistake("got no rates, want the ascending rates of the sweep",
			"rates: [100/s, 200/s, 400/s]", "workload.load.rates", "workload.load.mode"))
	}
	between(c, "workload.load.rates", List[Rate](l.Rates), Rate(0.01), 1_000_000)
	for i := 1; i < len(l.Rates); i++ {
		if l.Rates[i] <= l.Rates[i-1] {
			c.add(fmt.Sprintf("workload.load.rates[%d]", i), fmt.Sprintf(
				"got %v after %v, want ascending rates", plain(l.Rates[i]), plain(l.Rates[i-1])))
		}
	}
}

// repeated refuses an axis that has a value twice: two setups of one name.
func (c *checker) repeated(e *Experiment) {
	eachAxis(reflect.ValueOf(e).Elem(), func(path string, _ []int, a axis) {
		seen := map[string]bool{}
		for i := range a.size() {
			if seen[a.text(i)] {
				c.add(fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("got %s twice, want each value once", a.text(i)))
			}
			seen[a.text(i)] = true
		}
	})
}

// word holds values against what the path allows.
func (c *checker) word(path string, values List[string]) {
	allowed := words[indices.ReplaceAllString(path, "")]
	for i, v := range values {
		if !slices.Contains(allowed, v) {
			c.add(element(path, i, len(values)), wanted(v, "one of "+strings.Join(allowed, ", ")).Error())
		}
	}
}

var indices = regexp.MustCompile(`\[\d+\]`)

func between[T interface {
	~int | ~int64 | ~float64
}](c *checker, path string, values List[T], low, high T) {
	for i, v := range values {
		if v < low || v > high {
			c.add(element(path, i, len(values)), fmt.Sprintf(
				"got %v, want %v to %v", plain(v), plain(low), plain(high)))
		}
	}
}

func element(path string, i, n int) string {
	if n < 2 {
		return path
	}
	return fmt.Sprintf("%s[%d]", path, i)
}

// checkPlaces holds leader and client against the sites that are there.
func (c combination) checkPlaces(s Setup) mistakes {
	var errs mistakes
	if s.Leader != AnyLeader && !s.occupied(s.Leader) {
		errs = append(errs, c.origin.mistake(
			fmt.Sprintf("no member of %d stands at %q", s.Nodes, s.Leader),
			"sites with a member: "+s.siteList()+"; or any", c.at("leader"), c.at("nodes")))
	}
	if s.Client != "" && !slices.Contains(s.Network.Sites, s.Client) {
		errs = append(errs, c.origin.mistake(
			fmt.Sprintf("profile %s has no site %q", s.Network.Name, s.Client),
			siteAdvice(s.Network, "leave client out: the load generator is beside the leader"), c.at("client"), c.at("network.profile")))
	}
	return errs
}

// checkStalls refuses a disk that stalls for longer than it works.
func (c combination) checkStalls(s Setup) mistakes {
	if s.Storage.StallLength <= s.Storage.StallEvery {
		return nil
	}
	return mistakes{c.origin.mistake(
		fmt.Sprintf("got a stall every %s, want at least a stall's length, %s: the disk would hardly ever write", short(s.Storage.StallEvery), short(s.Storage.StallLength)),
		"shorten stall_length, or set stall_every well above it", c.at("storage.stall_every"), c.at("storage.stall_length"))}
}

// checkTarget refuses to ask a follower where there is none.
func (c combination) checkTarget(s Setup) mistakes {
	if s.Workload.Target != "follower" || s.Nodes > 1 {
		return nil
	}
	return mistakes{c.origin.mistake("got follower, but a cluster of 1 has none",
		"leave size 1 out of nodes, or ask `all`", c.at("workload.target"), c.at("nodes"))}
}

// checkKeys holds the length of a key against what stands in it: the trial's
// prefix and the largest number.
func (c combination) checkKeys(s Setup) mistakes {
	digits := len(strconv.Itoa(s.Workload.Keys - 1))
	smallest := KeyPrefixSize + digits
	if s.Workload.KeySize >= smallest {
		return nil
	}
	return mistakes{c.origin.mistake(
		fmt.Sprintf("got %d bytes, want at least %d: %d of every key are its trial's own, and %d number %d keys",
			s.Workload.KeySize, smallest, KeyPrefixSize, digits, s.Workload.Keys),
		fmt.Sprintf("workload.key_size: %dB", smallest), c.at("workload.key_size"), c.at("workload.keys"))}
}

func (s Setup) occupied(site string) bool {
	return slices.ContainsFunc(s.ends()[:s.Nodes], func(e end) bool { return e.site == site })
}

// siteAdvice lists the sites there are, or says what to do where there are
// none.
func siteAdvice(p profiles.Profile, otherwise string) string {
	if len(p.Sites) == 0 {
		return otherwise
	}
	return "sites: " + strings.Join(p.Sites, ", ")
}

func (s Setup) siteList() string {
	if len(s.Network.Sites) == 0 {
		return "none (profile " + s.Network.Name + " has no sites)"
	}
	return strings.Join(slices.DeleteFunc(slices.Clone(s.Network.Sites), func(site string) bool { return !s.occupied(site) }), ", ")
}

// fit finds what each value alone does not show: whether they go together.
func (c combination) fit(s Setup) mistakes {
	return slices.Concat(c.checkSites(s), c.checkPlaces(s), c.checkLinks(s), c.checkFaults(s), c.checkOutages(s), c.checkNemesis(s), c.checkMessages(s), c.checkStalls(s), c.checkTarget(s), c.checkKeys(s), c.checkDead(s))
}
