package client

import (
	"reflect"
	"testing"
	"time"
)

func TestMembers(t *testing.T) {
	s := serve(t, "")
	got, err := dialled(t, s).Members(within(t, 10*time.Second))
	want := []Member{{ID: 8, Name: "other"}, {ID: 9, Name: "this", ClientURLs: []string{"http://" + s.address}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; wanted %+v", got, err, want)
	}
}
