//go:build tools

// Package atlas pins the Atlas command line that the compatibility test runs against our migrations.
// It is a module of its own, so that none of its dependencies reach the product.
package atlas

import _ "ariga.io/atlas/cmd/atlas"
