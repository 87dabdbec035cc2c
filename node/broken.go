package node

// NoneChosen is what Broken says in a build that has mutants, where none was chosen and
// its nodes are honest.
const NoneChosen = "none chosen"
