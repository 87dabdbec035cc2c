package bench

import (
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

// reaches draws who reaches whom: a line for each sender, in the order of the names,
// with x where the link is cut.
func reaches(all []string, cut []results.Ends) string {
	var lines []string
	for _, from := range all {
		var line strings.Builder
		for _, to := range all {
			switch {
			case from == to:
				line.WriteByte('\\')
			case slices.Contains(cut, results.Ends{From: from, To: to}):
				line.WriteByte('x')
			default:
				line.WriteByte('.')
			}
		}
		lines = append(lines, line.String())
	}
	return strings.Join(lines, " ")
}

// members named by the letters of a word.
func letters(word string) []string { return strings.Split(word, "") }

// Each partition cuts the directed links that its source says. Of five members a
// leads, c is the target, and b the hub.
func TestPartitionsCutTheLinksOfTheirDefinition(t *testing.T) {
	five := letters("abcde")
	for name, test := range map[string]struct {
		all  []string
		cut  []results.Ends
		want string
	}{
		"isolate":          {five, apart([]string{"c"}, without(five, "c")), `\.x.. .\x.. xx\xx ..x\. ..x.\`},
		"isolate two":      {five, apart([]string{"a", "b"}, letters("cde")), `\.xxx .\xxx xx\.. xx.\. xx..\`},
		"send only":        {five, oneWay(without(five, "c"), []string{"c"}), `\.x.. .\x.. ..\.. ..x\. ..x.\`},
		"receive only":     {five, oneWay([]string{"c"}, without(five, "c")), `\.... .\... xx\xx ...\. ....\`},
		"groups":           {letters("abc"), cutGroups([][]string{{"a", "b"}, {"c"}}), `\.x .\x xx\`},
		"halves":           {five, cutHalves(around("a", "a", five)), `\.xxx .\xxx xx\.. xx.\. xx..\`},
		"halves, follower": {five, cutHalves(around("c", "a", five)), `\xx.. x\.xx x.\xx .xx\. .xx.\`},
		"halves of four":   {letters("abcd"), cutHalves(letters("abcd")), `\.xx .\xx xx\. xx.\`},
		"bridge":           {five, cutBridge(around("c", "a", five)), `\x.x. x\..x ..\.. x..\x .x.x\`},
		"bridge of three":  {letters("abc"), cutBridge(letters("bac")), `\.x .\. x.\`},
		"ring":             {five, cutRing(five), `\.xx. .\.xx x.\.x xx.\. .xx.\`},
		"ring of four":     {letters("abcd"), cutRing(letters("abcd")), `\.x. .\.x x.\. .x.\`},

		// Ng, Haridi and Carbone, "Omni-Paxos: Breaking the Barriers of Partial
		// Connectivity" (EuroSys'23): b alone is quorum-connected.
		"quorum-loss":          {five, quorumLoss("a", "b", five), `\.xxx .\... x.\xx x.x\x x.xx\`},
		"constrained-election": {five, constrainedElection("a", "b", five), `\xxxx x\... x.\xx x.x\x x.xx\`},
		"chained":              {letters("abc"), chained("a", "b", letters("abc")), `\x. x\. ..\`},
	} {
		if got := reaches(test.all, test.cut); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

// In a ring of majorities everybody sees a majority and no two the same; the bridge
// alone joins its two sides.
func TestRingsAndBridgesOfEverySize(t *testing.T) {
	for n := 4; n <= 9; n++ {
		all := letters("abcdefghi"[:n])
		cut := cutRing(all)
		seen := map[string]bool{}
		for _, from := range all {
			sees := slices.DeleteFunc(slices.Clone(all), func(to string) bool { return slices.Contains(cut, results.Ends{From: from, To: to}) })
			if len(sees) < quorum.Size(n).Quorum() || len(sees) == n || seen[strings.Join(sees, "")] {
				t.Errorf("ring of %d: %s sees %v; want a majority, not all, and no other's", n, from, sees)
			}
			seen[strings.Join(sees, "")] = true
		}
	}
	for n := 3; n <= 9; n++ {
		all := letters("abcdefghi"[:n])
		cut := cutBridge(all)
		for _, id := range all[1:] {
			if slices.Contains(cut, results.Ends{From: id, To: "a"}) || slices.Contains(cut, results.Ends{From: "a", To: id}) {
				t.Errorf("bridge of %d: %s does not reach the bridge", n, id)
			}
		}
		if sides := without(all, "a"); len(cut) != 2*(n/2)*(len(sides)-n/2) {
			t.Errorf("bridge of %d: %d links are cut", n, len(cut))
		}
	}
}

// Whatever an experiment may ask for is done, and what lasts can be undone.
func TestEveryActionHasADeed(t *testing.T) {
	for _, a := range configs.Actions() {
		deed, known := deeds[a.Name]
		if !known || deed.do == nil || (deed.undo != nil) != a.Lasts {
			t.Errorf("%s: known %v, lasts %v, can be undone %v", a.Name, known, a.Lasts, deed.undo != nil)
		}
	}
	if len(deeds) != len(configs.Actions()) {
		t.Errorf("%d deeds of %d actions", len(deeds), len(configs.Actions()))
	}
}
