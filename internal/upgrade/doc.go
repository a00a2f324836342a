// Package upgrade tests that databases of earlier versions become ones of this version, and that the people in them notice nothing.
//
// testdata has a folder for each version that is kept: for each kind of database a dump, made with the tool of that database while the program
// of that version had put people, credentials and settings into it, and a note of what must be known to sign these people in. Nothing in it is
// a secret of anybody. scripts/make-upgrade-fixture makes one; docs/releasing.md says when.
package upgrade
