// Package testenv runs the whole program for a test, and lets the test speak like the people and programs that use it.
//
// An Env is the program as cmd/latchkeep puts it together, on a migrated database of its own, behind real listeners. A test makes tenants
// in it, signs people up and in through HTTP as the client library does, and looks at what they, or an attacker, would see: answers,
// cookies, mails, audit records, events. It knows no rule of the product; it is used by tests alone.
package testenv
