//go:build !mutants

package metamorphic

const tags = ""
