// Package e2e holds the browser tests: a person with Chromium, the real hanko-elements, and the program as it is shipped.
//
// The tests build the binary, start it as an operator would (dev mode, or serve and worker with a database server and Redis), and look
// only at what a browser, a mailbox and the operator's API show. They know no package of the program's rooms and are part of no program.
// They need the build tag e2e and a Chromium: scripts/test-e2e brings both, and the servers.
package e2e
