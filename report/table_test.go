package report

import (
	"bytes"
	"fmt"
	"testing"
)

func TestShow(t *testing.T) {
	for _, s := range []func() (b bytes.Buffer){
		func() (b bytes.Buffer) { _ = Table(&b, typical(), host(), options()); return },
		func() (b bytes.Buffer) { _ = Table(&b, noisy(), host(), options()); return },
		func() (b bytes.Buffer) { _ = Table(&b, matrix(), host(), options()); return },
		func() (b bytes.Buffer) { _ = Markdown(&b, noisy(), host(), options()); return },
	} {
		b := s()
		fmt.Println(b.String())
		fmt.Println("==========================")
	}
}
