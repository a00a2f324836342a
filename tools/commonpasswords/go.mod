// The maker of the list of common passwords. It is apart, so that the program does not depend on what it needs.
module github.com/latchkeep/latchkeep/tools/commonpasswords

go 1.26.4

require github.com/trustelem/zxcvbn v1.0.1

require (
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/dlclark/regexp2 v1.12.0 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	github.com/stretchr/testify v1.12.1 // indirect
	github.com/test-go/testify v1.1.4 // indirect
)
